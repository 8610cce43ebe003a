"""TensorBoard's own writer and reader beside ours.

Run with tensorboard 2.21 and protobuf:
  python scripts/oracles/tensorboard_events.py              writes src/formats/testdata/tensorboard.json
  python scripts/oracles/tensorboard_events.py RUN_DIR      compares the event files of a run with its metrics.csv and eval.csv
"""

import csv
import io
import json
import math
import pathlib
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

OUT = pathlib.Path(__file__).resolve().parents[2] / "src/formats/testdata/tensorboard.json"
WALL_TIME = 1700000000.25
STEP = 5_000_000_000
SCALARS = {"train/loss": 0.1, "test/accuracy": 1.0, "η": -2.5e-7, "probe/gg": math.inf}


def record(event):
    class Buffer(io.BytesIO):
        def close(self):
            pass

    buffer = Buffer()
    RecordWriter(buffer).write(event.SerializeToString(deterministic=True))
    return buffer.getvalue().hex()


def write_vectors():
    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    values = [summary_pb2.Summary.Value(tag=tag, simple_value=value) for tag, value in SCALARS.items()]
    events = {
        "version": event_pb2.Event(wall_time=WALL_TIME, file_version="brain.Event:2"),
        "restart": event_pb2.Event(wall_time=WALL_TIME, step=300, session_log=start),
        "scalars": event_pb2.Event(wall_time=WALL_TIME, step=STEP, summary=summary_pb2.Summary(value=values)),
    }
    vectors = {name: record(event) for name, event in events.items()}
    scalars = {tag: str(value) for tag, value in SCALARS.items()}
    content = {"wallTime": WALL_TIME, "step": STEP, "restartStep": 300, "scalars": scalars, "records": vectors}
    OUT.write_text(json.dumps(content, indent=1) + "\n")


def compare(run):
    accumulator = EventAccumulator(str(run), size_guidance={"scalars": 0})
    accumulator.Reload()
    read = {tag: [(e.step, e.value) for e in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}
    expected = {}
    groups = {}
    for name in ["loss_minus", "loss_zero", "loss_plus", "gg", "gg_se", "ghg", "ghg_se", "lr_star", "fit_r2"]:
        groups[name] = "probe"
    for name in ["forward_passes", "backward_passes", "train_ms", "probe_ms", "data_ms", "peak_tensor_bytes"]:
        groups[name] = "cost"
    single = lambda text: struct.unpack("f", struct.pack("f", float(text)))[0]
    with open(run / "metrics.csv") as file:
        for row in csv.DictReader(file):
            for name, text in row.items():
                if text and name not in ("step", "epoch", "probe_status"):
                    tag = f"{groups.get(name, 'train')}/{name}"
                    expected.setdefault(tag, []).append((int(row["step"]), single(text)))
    with open(run / "eval.csv") as file:
        for row in csv.DictReader(file):
            split = "eval" if row["split"] == "train" else row["split"]
            expected.setdefault(f"{split}/{row['metric']}", []).append((int(row["step"]), single(row["value"])))
    assert read.keys() == expected.keys(), (read.keys() ^ expected.keys())
    for tag, points in expected.items():
        assert repr(read[tag]) == repr(points), (tag, read[tag][:3], points[:3], len(read[tag]), len(points))
    print(f"{len(expected)} tags, {sum(map(len, expected.values()))} points: the same as in the CSV files")


compare(pathlib.Path(sys.argv[1])) if len(sys.argv) > 1 else write_vectors()
