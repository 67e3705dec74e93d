"""Who bears what: rules, pools, waste, currencies, worked by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.finops.allocation import BY_TAG, allocated, allocated_files, borne, charge, written
from tests.finops.bill import SAMPLE
from xlroi.errors import InputError
from xlroi.finops.allocation.summary import by_dimension, proofs
from xlroi.finops.facts import NOBODY

USD = "currency: USD\n"
SUPPORT = "shared: [{name: Support, service: '*Support*', split: %s}]\n"
TWO_TEAMS = [charge("search", "30.00"), charge("ads", "10.00"), charge("", "8.00", "AWS Support")]


def money(**amounts: str) -> dict[str, Decimal]:
    return {team: Decimal(amount) for team, amount in amounts.items()}


def test_the_first_rule_that_matches_gives_the_name(tmp_path: Path) -> None:
    rules = USD + (
        "dimensions:\n"
        "  team:\n"
        "    - {tags: {team: [search, ads]}, region: 'eu-*', is: Europe}\n"
        "    - {tag: team, is: {search: Search, 'a*': Ads}}\n"
        "    - {account: a-2, is: Research}\n"
        "    - {resource: '*-train-*', is: Training}\n"
    )
    rows = [
        charge("search", "1", RegionId="eu-west-1"),
        charge("SEARCH", "2", RegionId="us-east-1"),
        charge("ads", "4"),
        charge("other", "8", SubAccountId="a-2"),
        charge("", "16", SubAccountId="a-2", ResourceId="i-train-1"),
        charge("", "32", ResourceId="i-train-1"),
        charge("", "64"),
    ]
    assert borne(allocated(tmp_path, rules, rows)) == {
        "Europe": 1, "Search": 2, "Ads": 4, "Research": 24, "Training": 32, NOBODY: 64
    }  # fmt: skip


def test_every_dimension_has_rules_of_its_own(tmp_path: Path) -> None:
    rules = USD + (
        "dimensions:\n  team: [{tag: team}]\n  environment: [{tag: env, is: {prod: production}}, {is: development}]\n"
        "  model: [{resource_name: 'llm-*'}]\n"
    )
    rows = [
        {"BilledCost": "1", "Tags": '{"team": "a", "env": "prod"}', "ResourceName": "llm-7"},
        {"BilledCost": "2", "Tags": '{"team": "a"}', "ResourceName": "other"},
    ]
    assert by_dimension(allocated(tmp_path, rules, rows)) == {
        "team": {"a": 3},
        "environment": {"production": 1, "development": 2},
        "model": {"llm-7": 1, NOBODY: 2},
    }


def test_an_even_split_is_among_the_teams_of_the_month(tmp_path: Path) -> None:
    # 8.00 in two is 4.00 each, whatever they cost themselves.
    found = allocated(tmp_path, USD + "dimensions:\n" + BY_TAG + SUPPORT % "even", TWO_TEAMS)
    assert borne(found, "Support") == money(search="4.00", ads="4.00")


def test_a_proportional_split_follows_direct_cost(tmp_path: Path) -> None:
    # 30 : 10, so 8.00 is 6.00 and 2.00.
    found = allocated(tmp_path, USD + "dimensions:\n" + BY_TAG + SUPPORT % "proportional", TWO_TEAMS)
    assert borne(found, "Support") == money(search="6.00", ads="2.00")
    assert borne(found) == money(search="30.00", ads="10.00")


def test_a_fixed_split_gives_shares_to_teams_that_may_have_no_charge(tmp_path: Path) -> None:
    # A third of 8.00 is 2.666…, the rest 5.333…: rounded down 2.66 and 5.33, and the cent goes to the larger remainder.
    split = "{fixed: {search: 1/3, Platform: 2/3}}"
    found = allocated(tmp_path, USD + "dimensions:\n" + BY_TAG + SUPPORT % split, TWO_TEAMS)
    assert borne(found, "Support") == money(search="2.67", Platform="5.33")
    assert {p.exact for p in found.parts if p.pool} == {Fraction(8, 3), Fraction(16, 3)}


def test_a_driver_splits_by_its_quantities_of_the_month(tmp_path: Path) -> None:
    # 1.5 and 4.5 hours: a quarter and three quarters of 8.00. April has no part in March.
    files = {"h.csv": "month,team,hours\n2026-03,search,1.5\n2026-03,new team,4.5\n2026-04,ads,100\n"}
    rules = (
        USD + "dimensions:\n" + BY_TAG + SUPPORT % "{driver: gpu}" + "drivers: {gpu: {file: h.csv, quantity: hours}}\n"
    )
    found = allocated(tmp_path, rules, TWO_TEAMS, files)
    assert borne(found, "Support") == {"search": 2, "new team": 6}
    assert found.quantities == {
        ("gpu", "2026-03", "search"): Decimal("1.5"),
        ("gpu", "2026-03", "new team"): Decimal("4.5"),
    }


def test_what_nobody_owns_bears_no_part_of_a_pool(tmp_path: Path) -> None:
    rows = [*TWO_TEAMS, charge("", "100.00")]
    found = allocated(tmp_path, USD + "dimensions:\n" + BY_TAG + SUPPORT % "proportional", rows)
    assert borne(found, "Support") == money(search="6.00", ads="2.00")
    assert borne(found)[NOBODY] == 100
    assert found.teams == ("ads", "search", NOBODY)


def test_a_pool_stays_unallocated_where_nobody_owns_anything(tmp_path: Path) -> None:
    rows = [charge("", "100.00"), charge("", "8.00", "AWS Support")]
    for split in ("even", "proportional"):
        found = allocated(tmp_path, USD + "dimensions:\n" + BY_TAG + SUPPORT % split, rows)
        assert borne(found, "Support") == {NOBODY: 8}
        assert any("the pool 'Support' stays unallocated in 2026-03" in remark for remark in found.remarks)


def test_a_team_in_credit_bears_no_part_of_a_proportional_pool(tmp_path: Path) -> None:
    rows = [*TWO_TEAMS, charge("refunded", "-25.00", ChargeCategory="Credit")]
    found = allocated(tmp_path, USD + "dimensions:\n" + BY_TAG + SUPPORT % "proportional", rows)
    assert borne(found, "Support") == money(search="6.00", ads="2.00")
    assert borne(found)["refunded"] == -25
    (proof,) = proofs(found)
    assert proof.due == proof.allocated == Decimal("23.00")  # 30 + 10 + 8 − 25


def test_a_credit_in_a_pool_is_shared_as_a_cost(tmp_path: Path) -> None:
    # −1.00 in three: −0.333…; rounded down −0.34 each, −1.02; two cents go back, to the first of equals.
    rows = [charge(team, "1.00") for team in "abc"] + [charge("", "-1.00", "AWS Support")]
    found = allocated(tmp_path, USD + "dimensions:\n" + BY_TAG + SUPPORT % "even", rows)
    assert borne(found, "Support") == money(a="-0.33", b="-0.33", c="-0.34")


def test_the_cents_of_each_month_and_provider_sum_to_its_invoice(tmp_path: Path) -> None:
    # Three times 0.333 is 0.999, an invoice of 1.00: 0.33 each and the missing cent to the first of equals.
    rows = [charge(team, "0.333") for team in "abc"]
    rows += [charge(team, "0.333", ServiceProviderName="Other", BillingPeriodStart="2026-04-01") for team in "ab"]
    found = allocated(tmp_path, USD + "dimensions:\n" + BY_TAG, rows)
    cents = {(p.month, p.provider, p.team): p.cents for p in found.parts}
    assert cents == {
        ("2026-03", "AWS", "a"): Decimal("0.34"), ("2026-03", "AWS", "b"): Decimal("0.33"),
        ("2026-03", "AWS", "c"): Decimal("0.33"),
        # 0.666 is 0.67: two remainders of 0.3 cents, the cent goes to the first.
        ("2026-04", "Other", "a"): Decimal("0.34"), ("2026-04", "Other", "b"): Decimal("0.33"),
    }  # fmt: skip


def test_a_currency_without_cents_has_none(tmp_path: Path) -> None:
    rows = [charge(team, "100.5", BillingCurrency="JPY") for team in "ab"]
    found = allocated(tmp_path, "currency: JPY\ndimensions:\n" + BY_TAG, rows)
    assert borne(found) == money(a="101", b="100")  # 201 in two


def test_currencies_are_brought_to_one_by_their_rates(tmp_path: Path) -> None:
    rules = "currency: USD\nrates: {EUR: 1.08}\ndimensions:\n" + BY_TAG
    found = allocated(tmp_path, rules, [charge("a", "10.00"), charge("a", "100.00", BillingCurrency="EUR")])
    assert found.invoices == {("2026-03", "AWS"): Decimal("118.00")}
    assert borne(found) == money(a="118.00")


def test_a_currency_without_a_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"charges in EUR, for which there is no rate; say how many USD one is"):
        allocated(tmp_path, USD + "dimensions:\n" + BY_TAG, [charge("a", "1", BillingCurrency="EUR")])


def test_cost_is_what_was_billed_or_effective_by_provider(tmp_path: Path) -> None:
    rows = [
        charge("a", "10.00", EffectiveCost="7.00"),
        charge("a", "20.00", EffectiveCost="15.00", ProviderName="Microsoft"),
    ]
    by_tag = "dimensions:\n" + BY_TAG
    for cost, total, said in (("billed", 30, "billed"), ("effective", 22, "effective"),
                              ("{aws: effective, else: billed}", 27, "mixed")):  # fmt: skip
        found = allocated(tmp_path, f"{USD}cost: {cost}\n{by_tag}", rows)
        assert (sum(found.invoices.values()), found.cost) == (total, said)
    assert allocated(tmp_path, USD + by_tag, rows).cost == "billed"


def test_unused_commitments_go_to_a_platform_team_or_are_spread(tmp_path: Path) -> None:
    unused = {"CommitmentDiscountStatus": "Unused", "EffectiveCost": "8.00", "BilledCost": "0"}
    rows = [
        charge("search", "0", EffectiveCost="30"),
        charge("ads", "0", EffectiveCost="10"),
        charge("ads", "0") | unused,
    ]
    effective = USD + "cost: effective\ndimensions:\n" + BY_TAG
    waste = "shared: [{name: Waste, commitment: Unused, split: %s}]\n"
    to_platform = allocated(tmp_path, effective + waste % "{fixed: {Platform: 100%}}", rows)
    assert borne(to_platform, "Waste") == {"Platform": 8}
    spread = allocated(tmp_path, effective + waste % "proportional", rows)
    assert borne(spread, "Waste") == {"search": 6, "ads": 2}


def test_names_that_a_look_up_would_misread_are_given_a_word(tmp_path: Path) -> None:
    rules = USD + "dimensions:\n  team: [{account: '*'}]\n"
    rows = [
        {"SubAccountId": id, "BilledCost": "1"} for id in ("123456789012", "2026-03", " research ", "Research", "a*")
    ]
    assert set(allocated(tmp_path, rules, rows).teams) == {"team 123456789012", "team 2026-03", "Research", "a\u2217"}


def test_the_spelling_of_the_rules_goes_before_that_of_the_bill(tmp_path: Path) -> None:
    rules = USD + "dimensions:\n" + BY_TAG + SUPPORT % "{fixed: {SeArch: 100%}}"
    rows = [charge("Search", "1"), charge("search", "2"), charge("", "4", "Support")]
    found = allocated(tmp_path, rules, rows)
    assert (borne(found), borne(found, "Support")) == ({"SeArch": 3}, {"SeArch": 4})


def test_more_names_than_any_owner_has_are_refused_with_the_rule(tmp_path: Path) -> None:
    rows = [charge(f"host {n}", "1") for n in range(10_001)]
    with pytest.raises(InputError, match=r"rules.yaml:3: dimensions.team.0: gives more than 10,000 names"):
        allocated(tmp_path, USD + "dimensions:\n" + BY_TAG, rows)


def test_a_pool_that_nobody_can_bear_is_refused_with_its_month(tmp_path: Path) -> None:
    rows = [*TWO_TEAMS, charge("", "8.00", "AWS Support", BillingPeriodStart="2026-04-01")]
    whys = {
        "even": "no team has a charge of its own in 2026-04",
        "proportional": "no team has a direct cost above 0 in 2026-04",
        "{driver: gpu}": "the driver gpu has no quantity in 2026-04; add rows to its file",
    }
    for split, why in whys.items():
        rules = USD + "dimensions:\n" + BY_TAG + SUPPORT % split + "drivers: {gpu: {file: h.csv}}\n"
        with pytest.raises(InputError, match=rf"rules.yaml:4: shared.0: the pool 'Support' cannot be shared: {why}"):
            allocated(tmp_path, rules, rows, {"h.csv": "month,team,quantity\n2026-03,search,1\n"})


def test_a_rule_that_matched_nothing_is_a_remark(tmp_path: Path) -> None:
    rules = USD + "dimensions:\n  team:\n    - {tag: team}\n    - {tag: squad}\n"
    (remark,) = allocated(tmp_path, rules, TWO_TEAMS).remarks
    assert remark.endswith("rules.yaml:5: dimensions.team.1: matched nothing that was left to it")


def test_a_cost_that_the_bill_does_not_have_is_refused_and_one_it_rounds_is_a_remark(tmp_path: Path) -> None:
    # In the sample the effective cost of Oracle is 0 in every row, that of AWS is rounded to whole numbers.
    dimensions = "dimensions:\n  team: [{tag: business_unit}]\n"
    rules = written(tmp_path, f"{USD}cost: effective\n{dimensions}")
    with pytest.raises(InputError, match=r"rules.yaml:2: cost: the effective cost of Oracle is zero"):
        allocated_files(rules, SAMPLE)
    rules = written(tmp_path, f"{USD}cost: {{Oracle: billed, else: effective}}\n{dimensions}")
    assert "the effective cost of AWS is whole numbers" in allocated_files(rules, SAMPLE).remarks[0]


def test_the_focus_sample_is_allocated_to_its_published_totals(tmp_path: Path) -> None:
    rules = written(tmp_path, USD + "dimensions:\n  team: [{tag: business_unit}]\n")
    found = allocated_files(rules, SAMPLE)
    by_provider: dict[str, Decimal] = {}
    for (_, provider), amount in found.invoices.items():
        by_provider[provider] = by_provider.get(provider, Decimal(0)) + amount
    assert by_provider == {
        "AWS": Decimal("18.00663861840"), "Microsoft": Decimal("1.97651418586"), "Oracle": Decimal("0.53707392473")
    }  # fmt: skip
    names = by_dimension(found)["team"]
    assert round(names[NOBODY] / sum(names.values()) * 100, 3) == Decimal("1.336")
    assert all(proof.due == proof.allocated for proof in proofs(found))
