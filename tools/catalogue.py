"""Makes the price catalogue of the package, ``xlroi/model/data/catalogue.csv``, from a folder of collected tables.

    python tools/catalogue.py FOLDER

The folder holds gpus, cloud_gpu_prices, llm_api_prices, energy and misc_benchmarks, each a CSV.

Every figure becomes one row with its unit, date and source; figures that contradict each other all stay.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parent.parent / "xlroi" / "model" / "data" / "catalogue.csv"
HEAD = ("id", "kind", "name", "provider", "region", "term", "value", "unit", "currency", "as_of", "estimate", "source")
Row = dict[str, str]

_LLM = {
    "input_usd_per_mtok": "input",
    "output_usd_per_mtok": "output",
    "cache_read_usd_per_mtok": "cached-input",
    "batch_input_usd_per_mtok": "batch-input",
    "batch_output_usd_per_mtok": "batch-output",
}
_SPECS = {
    "memory_gb": ("memory", "GB/GPU", 1.0),
    "bf16_dense_tflops": ("bf16-dense", "TFLOP/(GPU*s)", 1.0),
    "fp8_dense_tflops": ("fp8-dense", "TFLOP/(GPU*s)", 1.0),
    "tdp_w": ("power", "kW/GPU", 0.001),
}
_MISC = {
    "PUE": ("pue", "1", ""),
    "depreciation life": ("life", "year", ""),
    "egress": ("egress", "money/GB", "USD"),
    "colo": ("colocation", "money/(kW*month)", "USD"),
    "system power": ("server-power", "kW/server", ""),
    "system price": ("server", "money/server", "USD"),
    "networking": ("share", "%", ""),
    "utilisation": ("share", "%", ""),
    "commitment discount": ("discount", "%", ""),
    "server overhead": ("overhead", "1", ""),
    "storage": ("storage", "money/(GB*month)", "USD"),
}


def slug(*parts: str) -> str:
    """An id: lower case, words joined by hyphens, parts by slashes."""
    return "/".join(re.sub(r"[^a-z0-9.]+", "-", part.lower()).strip("-") for part in parts if part)


def day(text: str) -> str:
    """The end of the period that a date names; empty where there is none."""
    found = re.search(r"(20\d\d)(?:-(?:(H[12])|(Q[1-4])|(\d\d)(?:-(\d\d))?))?", text)
    if found is None:
        return ""
    year, half, quarter, month, date = found.groups()
    if date:
        return f"{year}-{month}-{date}"
    last = int(month) if month else 6 * int(half[1]) if half else 3 * int(quarter[1]) if quarter else 12
    return f"{year}-{last:02d}-{[31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][last - 1]}"


def row(kind: str, id: str, value: str, unit: str, given: Row, currency: str = "", **more: str) -> Row:
    """One figure; ``given`` is the collected row it comes from."""
    number = f"{float(value):.10g}"
    found = (
        dict.fromkeys(HEAD, "") | {"kind": kind, "id": id, "value": number, "unit": unit, "currency": currency} | more
    )
    found["as_of"], found["source"] = day(given.get("street_price_as_of") or given["as_of"]), given["source"]
    found["estimate"] = "yes" if given.get("is_estimate") else ""
    return found


def gpus(rows: list[Row]) -> Iterator[Row]:
    """Specifications and street prices of chips."""
    for given in rows:
        name = given["gpu"]
        for column, (what, unit, factor) in _SPECS.items():
            if given[column]:
                dated = given | {"street_price_as_of": ""}
                yield row("gpu", slug("gpu", name, what), str(float(given[column]) * factor), unit, dated, name=name)
        if given["street_price_usd_latest"]:
            id = slug("gpu", name, "street-price")
            sourced = given | {"source": given["street_price_source"] or given["source"]}
            yield row("gpu", id, given["street_price_usd_latest"], "money/GPU", sourced, "USD", name=name)


_PROVIDERS = {
    "Amazon Web Services": "AWS",
    "Microsoft Azure": "Azure",
    "Google Cloud": "GCP",
    "Lambda Labs": "Lambda",
    "vast.ai": "Vast.ai",
    "Oracle Cloud": "OCI",
}


def cloud(rows: list[Row]) -> Iterator[Row]:
    """Hourly prices of cloud GPUs by provider, region and term."""
    for given in rows:
        provider = _PROVIDERS.get(given["provider"], given["provider"])
        term = given["price_type"].replace("reserved/CUD", "reserved")
        if found := re.match(r"(\d) ?yr", given["term"]):
            term += f" {found[1]} year"
        elif given["term"]:
            term += f" {given['term']}"
        gpu = re.sub(r"^NVIDIA ", "", given["gpu"]) + (f" x{given['gpu_count']}" if given["gpu_count"] != "1" else "")
        what = given["instance"] if re.fullmatch(r"[\w.-]{4,30}", given["instance"]) else gpu
        id = slug("cloud", provider, what, given["region"], term)
        yield row(
            "cloud",
            id,
            given["price_per_gpu_hour_usd"],
            "money/(GPU*h)",
            given,
            "USD",
            name=given["gpu"] if what == gpu else f"{given['gpu']}, {what}",
            provider=provider,
            region=given["region"],
            term=term,
        )


def llms(rows: list[Row]) -> Iterator[Row]:
    """Prices of language models per million tokens."""
    for given in rows:
        for column, what in _LLM.items():
            if given[column]:
                id = slug("llm", given["provider"], given["model"], what)
                yield row(
                    "llm",
                    id,
                    given[column],
                    "money/Mtok",
                    given,
                    "USD",
                    name=given["model"],
                    provider=given["provider"],
                    term=what,
                )


def energy(rows: list[Row]) -> Iterator[Row]:
    """Electricity prices and carbon intensities."""
    for given in rows:
        price = given["metric"] == "electricity price"
        kind, unit = ("electricity", "money/(kW*h)") if price else ("carbon", "kg/(kW*h)")
        id = slug(kind, given["geography"], given["sector"])
        currency = given["unit"][:3] if price else ""
        yield row(
            kind,
            id,
            given["value"],
            unit,
            given,
            currency,
            name=given["geography"],
            region=given["geography"],
            term=given["sector"],
        )


def misc(rows: list[Row]) -> Iterator[Row]:
    """PUE, lives, colocation, MACRS and other benchmarks."""
    for given in rows:
        if given["category"] == "macrs":
            for year, share in enumerate(given["value"].split(";"), 1):
                id, name = slug("macrs", given["item"], f"year-{year}"), f"{given['item']}, year {year}"
                yield row("macrs", id, str(float(share) / 100), "%", given | {"source": given["as_of"]}, name=name)
            continue
        known = _MISC.get(given["category"])
        if known is None or not re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", given["value"]):
            continue
        kind, unit, currency = known
        if kind == "storage" and "GB-mon" not in given["unit"]:
            continue
        if kind == "discount" and "fraction" not in given["unit"]:
            continue
        if (kind == "colocation" and "kW" not in given["unit"]) or given["item"].startswith("32x"):
            continue  # a change over time, and the power of 32 servers together
        yield row(kind, slug(kind, given["item"]), given["value"], unit, given, currency, name=given["item"])


def main() -> None:
    """Read the folder, write the catalogue, say how many rows."""
    folder = Path(sys.argv[1])

    def read(name: str) -> list[Row]:
        with Path(folder, f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    found = [*gpus(read("gpus")), *cloud(read("cloud_gpu_prices")), *llms(read("llm_api_prices"))]
    found += [*energy(read("energy")), *misc(read("misc_benchmarks"))]
    unique = {tuple(r[h] for h in HEAD): r for r in sorted(found, key=lambda r: (r["id"], r["as_of"], r["value"]))}
    TARGET.parent.mkdir(exist_ok=True)
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEAD, lineterminator="\n")
        writer.writeheader()
        writer.writerows(unique.values())
    print(f"{TARGET.name}: {len(unique):,} figures")


if __name__ == "__main__":
    main()
