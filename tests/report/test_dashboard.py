"""The dashboard as a browser shows it: its figures are the data, it loads nothing, everybody can read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.browser import Page
from tests.browser import page as browser_page
from xlroi.report.dashboard.content import (
    Anomaly,
    Budgeted,
    Check,
    Dashboard,
    Line,
    Mover,
    Saving,
    Source,
    Untagged,
)
from xlroi.report.dashboard.page import page

D = Decimal
NASTY = """<img src=x onerror="alert(1)"> & 'Söhne'"""
FULL = Dashboard(
    title=f"Cloud cost of {NASTY}",
    currency="USD",
    unit=D("0.01"),
    cost="billed",
    made=datetime(2026, 11, 21, 7, 30, tzinfo=UTC),
    newest=date(2026, 11, 20),
    part="2026-11",
    sources=(
        Source("2026-11.csv.gz", "ab" * 32, "2026-11-21 07:30 UTC", "2026-10 to 2026-11", 12345, "61,000.02 USD"),
    ),
    months=("2026-09", "2026-10", "2026-11"),
    teams=(
        Line("Research", (D("21000.10"), D("24000.20"), D("30000.30"))),
        Line("Search", (D("9000"), D("8000.05"), D("5000"))),
        *(Line(f"Team with a long name {n}", (D(n), D(100 * n), D(150 * n))) for n in range(1, 9)),
        Line(NASTY, (D("0"), D("10"), D("-2500.75"))),
    ),
    services=(Line("Amazon EC2", (D(1), D(2), D("36900.55"))), Line("S3", (D(1), D(2), D("1000")))),
    checks=(
        Check("Allocated = invoice, AWS, 2026-11", D("37899.55"), D("37899.55")),
        Check("Allocated = invoice, AWS, 2026-10", D("35610.25"), D("35610.25")),
    ),
    budgets={
        "team Research": Budgeted(
            D(300000), D("75000.6"), D("340000"), 0.93, "2027-03", "over", "the forecast is too high"
        ),
        "team Search": Budgeted(D(100000), D("22000.05"), D("90000"), 0.2, None, "within", ""),
    },
    movers=(Mover("service", "Amazon EC2", "AWS", "USD", D("36900.55"), D("20000")),),
    anomalies=(Anomaly("2026-11-18", "AWS", "Amazon EC2", "USD", D("9000.5"), D("1200")),),
    savings=(Saving("Unused commitment", "AWS", "USD", D("812.34"), "high", "paid and not used"),),
    untagged=(Untagged("no tag", "AWS", "USD", D("378.9955"), D("37899.55")),),
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    file = tmp_path_factory.mktemp("dashboard") / "dashboard.html"
    file.write_bytes(page(FULL))
    with browser_page() as tab:
        tab.open(file)
        yield tab


def values(tab: Page, selector: str) -> list[Decimal]:
    """The exact amounts that stand under a selector."""
    found = tab.ask(f"[...document.querySelectorAll({selector!r})].map(e => e.getAttribute('value'))")
    return [Decimal(text) for text in found]


def test_the_page_loads_nothing_and_complains_of_nothing(shown: Page) -> None:
    assert shown.complaints == []
    (only,) = shown.requests
    assert only.startswith("file://")
    assert only.endswith("/dashboard.html")


def test_the_policy_of_the_page_stops_what_would_load(tmp_path: Path) -> None:
    file = tmp_path / "dashboard.html"
    file.write_bytes(page(FULL).replace(b"</main>", b'<script>document.title = "run"</script></main>'))
    with browser_page() as tab:
        tab.open(file)
        assert tab.ask("document.title").startswith("Cloud cost of")
        stopped = tab.ask(
            "new Promise(done => { document.addEventListener('securitypolicyviolation', e => done(e.blockedURI));"
            " new Image().src = 'https://example.com/x.png'; })"
        )
        assert stopped == "https://example.com/x.png"
        failed = [event["params"] for event in tab.events if event["method"] == "Network.loadingFailed"]
        assert [params["blockedReason"] for params in failed] == ["csp"]


def test_every_figure_in_the_page_is_the_figure_of_the_data(shown: Page) -> None:
    assert values(shown, "#teams tbody td:nth-child(3) data") == [team.amounts[2] for team in FULL.teams]
    assert values(shown, "#teams tbody td:nth-child(4) data") == [team.amounts[1] for team in FULL.teams]
    # 30000.30 + 5000 + 150 x (1 + ... + 8) - 2500.75, and 24000.20 + 8000.05 + 100 x 36 + 10.
    assert values(shown, "#total-now data") == values(shown, "#teams tfoot td:nth-child(3) data") == [D("37899.55")]
    assert values(shown, "#total-before data") == [D("35610.25")]
    assert values(shown, "#total-change data") == [D("2289.30")]
    assert shown.ask("document.querySelector('#total-now b').innerText") == "37,899.55"
    assert values(shown, "#movers data") == [D("36900.55"), D(20000), D("16900.55")]
    assert values(shown, "#anomalies data") == [D("9000.5"), D(1200), D("7800.5")]
    assert values(shown, "#savings data") == [D("812.34")]
    # The table of the chart has the same sum, its ninth and further teams brought together.
    assert sum(values(shown, "#months tbody td:nth-child(4) data")) == D("37899.55")
    assert values(shown, "#months tfoot td:nth-child(4) data") == [D("37899.55")]
    assert shown.ask("document.querySelector('#untagged tbody td:last-child').innerText") == "1.0%"


def test_columns_are_as_high_as_their_amounts(shown: Page) -> None:
    heights = shown.ask(
        "[...document.querySelectorAll('rect.bar')].map(r => [r.querySelector('title').textContent,"
        " r.getBoundingClientRect().height])"
    )
    of = dict(heights)
    research, search = of["Research, November 2026: 30,000.30"], of["Search, November 2026: 5,000.00"]
    # Coordinates have one decimal of a hundred and more.
    assert research / search == pytest.approx(30000.3 / 5000, rel=0.01)


def test_the_time_of_the_data_stands_on_top(shown: Page) -> None:
    said = " ".join(shown.ask("document.querySelector('.data-time').innerText").split())
    assert said == "Charges to 20 November 2026, made 2026-11-21 07:30 UTC from 1 file. Billed cost in USD."
    shown.resize(1280)
    place = shown.ask("document.querySelector('.data-time').getBoundingClientRect().bottom")
    assert place < 400
    # The month is not over and says so wherever it stands beside a whole one.
    assert "November 2026, so far" in shown.ask("document.querySelector('#teams thead').innerText")


def test_a_text_of_a_bill_stays_a_text(shown: Page) -> None:
    assert shown.ask("document.querySelectorAll('img, script').length") == 0
    assert shown.ask("document.querySelector('h1').innerText") == f"Cloud cost of {NASTY}"
    assert NASTY in shown.ask("document.querySelector('#teams tbody tr:last-child').innerText")


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_no_width_scrolls_to_the_side(shown: Page, width: int) -> None:
    shown.resize(width)
    assert shown.ask("document.documentElement.scrollWidth") <= width
    assert shown.ask("window.innerWidth") == width


# The contrast of every text with what is behind it, by the formula of WCAG 2.2.
CONTRASTS = """(() => {
  const luminance = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) { const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || e.tagName === 'title' || e.tagName === 'TITLE') continue;
    const style = getComputedStyle(e), colour = e.namespaceURI.endsWith('svg') ? style.fill : style.color;
    const [a, b] = [luminance(colour), luminance(behind(e))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), texts.currentNode.data.trim()]); }
  return found; })()"""


@pytest.mark.parametrize(("scheme", "media"), [("light", "screen"), ("dark", "screen"), ("dark", "print")])
def test_every_text_has_the_contrast_that_wcag_asks_for(shown: Page, scheme: str, media: str) -> None:
    shown.prefer(scheme, media)
    found = shown.ask(CONTRASTS)
    assert len(found) > 100
    assert [text for ratio, text in found if ratio < 4.5] == []
    dark = scheme == "dark" and media == "screen"
    assert (shown.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)") is not dark


def test_the_page_can_be_used_with_keys_and_read_aloud(shown: Page) -> None:
    # What scrolls to the side can be reached by key and has a name; links lead to sections that there are.
    assert shown.ask("[...document.querySelectorAll('.wide')].every(e => e.tabIndex === 0)") is True
    unnamed = "[...document.querySelectorAll('.wide')].filter(e => !e.ariaLabel && !e.getAttribute('aria-labelledby'))"
    assert shown.ask(f"{unnamed}.length") == 0
    lost = "[...document.querySelectorAll('a')].filter(a => !document.querySelector(a.hash)).length"
    assert shown.ask(lost) == 0
    assert shown.ask("[...document.querySelectorAll('th')].every(e => e.scope)") is True
    assert shown.ask(
        "[...document.querySelectorAll('td.number')].every(e => getComputedStyle(e).textAlign === 'right')"
    )
    # A status is a sign and a word, not a colour alone.
    assert "✕ over budget" in shown.ask("document.querySelector('#teams').innerText")
    # Series differ by pattern too: no two have the same drawing.
    marks = shown.ask("[...document.querySelectorAll('pattern')].map(p => p.querySelector('path')?.getAttribute('d'))")
    assert len(set(marks)) == len(marks) == 8


def test_what_was_not_asked_for_says_so_and_what_fails_is_loud(tmp_path: Path) -> None:
    failing = Check("Allocated = invoice, AWS, 2026-11", D("1.00"), D("1.01"))
    bare = replace(FULL, budgets=None, movers=None, anomalies=(), savings=None, untagged=None, checks=(failing,))
    text = page(bare).decode()
    assert "Budgets and forecasts were not asked for" in text
    assert text.count("Not asked for.") == 3
    assert "No day of the last week cost other than" in text
    assert "1 of 1 checks fail: do not use these figures" in text
    assert "do not use" not in page(FULL).decode()


def test_many_teams_are_folded_and_none_is_lost() -> None:
    teams = tuple(Line(f"Team {n}", (D(n), D(n + 1), D(n))) for n in range(100))
    text = page(replace(FULL, teams=teams)).decode()
    assert "70 more teams" in text
    assert all(f'<th scope="row">Team {n}</th>' in text for n in range(100))


def test_one_month_has_nothing_to_be_compared_with() -> None:
    lines = (Line("Search", (D("-5.00"),)),)
    text = page(replace(FULL, months=("2026-11",), teams=lines, services=(), part="")).decode()
    assert "so far" not in text
    assert "Change<b>" not in text
    assert '<data value="-5.00">−5.00</data>' in text


def test_a_month_that_is_not_over_is_compared_by_the_day() -> None:
    # 200 in the 20 days of November so far are 10 a day, as the 310 of October were; 400 are twice as much a day.
    lines = (Line("Search", (D("310"), D("200"))), Line("Ads", (D("310"), D("400"))))
    text = page(replace(FULL, months=("2026-10", "2026-11"), teams=lines, services=())).decode()
    rows = {name: text.split(f'<th scope="row">{name}</th>')[1].split("</tr>")[0] for name in ("Search", "Ads")}
    assert "Change a day" in text
    assert "+0.0%" in rows["Search"]
    assert "+100.0%" in rows["Ads"]
