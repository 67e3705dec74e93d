"""Bills kept from day to day: each export taken in once, the newest counted, results made again."""
