package dev.woodpecker.runtime.records;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.Split;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.runtime.timing.Distribution;
import java.util.List;
import java.util.Map;

/** Records of kernels that nobody has. */
final class TestRecords {
    private TestRecords() {}

    /** Of one structure, told apart by an extent. */
    static RecordKey key(long extent) {
        return new RecordKey(
                "kernel" + extent,
                "structure",
                Map.of("x", List.of(1L, extent), "out", List.of(1L, extent)),
                Map.of("x", "0,1/16,1%16"),
                List.of("w"),
                "fp32",
                "cpu:x86-64-v4, made up",
                1);
    }

    static Trace trace() {
        return new Trace(
                "default",
                List.of(
                        new Layout("w", LayoutMap.permuted(1, 0)),
                        new Split("k", new Factor.Choice("tile.k", List.of(8L, 16L)), Tail.GUARD)),
                Map.of("tile.k", 16L));
    }

    static TuningRecord timed(RecordKey key, String variant, double seconds, boolean isConfirmed) {
        return TuningRecord.timed(
                key,
                "conv2d \u00e9",
                "Conv",
                variant,
                trace(),
                new Distribution(seconds, seconds * 0.9, seconds * 1.1, seconds * 0.8, 20),
                isConfirmed,
                "gcc 13.3",
                "2026-11-21T05:30:00Z");
    }

    static TuningRecord failed(RecordKey key) {
        return new TuningRecord(
                key,
                "conv2d",
                "Conv",
                "direct",
                java.util.Optional.empty(),
                TuningRecord.Status.CRASH,
                java.util.Optional.empty(),
                false,
                "gcc 13.3",
                "2026-11-21T05:30:00Z",
                "signal 11");
    }
}
