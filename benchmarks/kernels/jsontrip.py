"""Makes records, writes them as JSON, reads them back, and looks at what came."""

import json


def run(n):
    records = []
    for i in range(n):
        records.append(  # noqa: PERF401  as its twin in ML
            {"id": i, "name": f"user {i}", "tags": ["a", "b", "c"], "score": i * 1.5, "active": i % 2 == 0, "address": {"city": "Oslo", "zip": str(1000 + i)}}
        )
    text = json.dumps(records, ensure_ascii=False)
    back = json.loads(text)
    total = 0.0
    for record in back:
        if record["active"]:
            total += record["score"]
    return [len(text), total, back[-1] == records[-1], back[-1]["address"]["zip"]]
