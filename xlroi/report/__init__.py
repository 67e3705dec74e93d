"""Reports for people who decide: the board memo. A number stands in the content once; the writers only dress it."""
