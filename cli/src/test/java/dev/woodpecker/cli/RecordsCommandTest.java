package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.plan.TunableKernel;
import dev.woodpecker.runtime.records.MachineName;
import dev.woodpecker.runtime.records.RecordFile;
import dev.woodpecker.runtime.records.RecordKey;
import dev.woodpecker.runtime.records.TuningRecord;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordsCommandTest {
    private static final Target MACHINE = CpuTarget.of(CpuFeatures.ofHost());

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder = Path.of("");

    private int wpk(String... arguments) {
        out.getBuffer().setLength(0);
        return Wpk.run(Map.of(), new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    /** A softmax of two rows. */
    private static TuningRecord softmax(int columns, double milliseconds, boolean isConfirmed) {
        KernelCall call = KernelCall.of(
                KernelIndex.of(RecordsCommandTest.class.getClassLoader()).find("Softmax"), List.of("x=2x" + columns));
        TunableKernel kernel =
                TunableKernel.of("Softmax", Map.of("softmax", call.program()), Set.of(), MACHINE, Numerics.FP32);
        return TuningRecord.timed(
                RecordKey.of(kernel, Numerics.FP32, MachineName.of(MACHINE, CpuFeatures.ofHost()), 1),
                kernel.name(),
                "Softmax",
                "softmax",
                DefaultSchedule.of(call.program(), MACHINE, Numerics.FP32, Map.of()),
                Distribution.of(milliseconds * 1e-3),
                isConfirmed,
                "gcc",
                "2026-11-21T05:30:00Z");
    }

    private static TuningRecord failed(TuningRecord of) {
        return new TuningRecord(
                of.key(),
                of.name(),
                of.operator(),
                of.variant(),
                of.trace(),
                TuningRecord.Status.TIMEOUT,
                Optional.empty(),
                false,
                of.compiler(),
                of.date(),
                "ran longer than 1 s");
    }

    private void write(String name, TuningRecord... records) {
        RecordFile file = new RecordFile(folder.resolve(name));
        List.of(records).forEach(file::append);
    }

    @Test
    void theBestOfEachKernelIsListed() {
        write("r.jsonl", softmax(8, 2, false), softmax(8, 1, false), failed(softmax(16, 1, false)));
        assertThat(wpk("records", "list", "--records", path("r.jsonl"))).isZero();
        assertThat(out.toString())
                .startsWith(path("r.jsonl") + ": 3 records of 1 kernel\n")
                .contains("1.0000 ms (1.0000 .. 1.0000)", "softmax x=2x8", "2026-11-21T05:30:00Z")
                .doesNotContain("2.0000 ms", "2x16");
        assertThat(wpk("records", "list", "--all", "--records", path("r.jsonl")))
                .isZero();
        assertThat(out.toString()).contains("2.0000 ms", "timeout: ran longer than 1 s");
    }

    @Test
    void mergedFilesHaveEachRecordOnce() {
        write("a.jsonl", softmax(8, 1, true), softmax(16, 1, true));
        write("b.jsonl", softmax(16, 1, true), softmax(32, 1, true));
        assertThat(wpk("records", "merge", path("a.jsonl"), path("b.jsonl"), "-o", path("c.jsonl")))
                .isZero();
        assertThat(new RecordFile(folder.resolve("c.jsonl")).read())
                .containsExactly(softmax(8, 1, true), softmax(16, 1, true), softmax(32, 1, true));
    }

    @Test
    void pruningKeepsTheBestOfEachKernel() throws Exception {
        write(
                "r.jsonl",
                softmax(8, 1, false),
                softmax(8, 2, true),
                failed(softmax(8, 1, false)),
                softmax(16, 3, false));
        Files.writeString(folder.resolve("r.jsonl"), "torn", StandardOpenOption.APPEND);
        assertThat(wpk("records", "prune", "--records", path("r.jsonl"))).isZero();
        assertThat(new RecordFile(folder.resolve("r.jsonl")).read())
                .containsExactly(softmax(8, 2, true), softmax(16, 3, false));
    }

    @Test
    void whichRecordAKernelTakesIsExplained() {
        write("r.jsonl", softmax(8, 2, true));
        assertThat(wpk("records", "explain", "Softmax", "--shape", "x=2x8", "--records", path("r.jsonl")))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("  softmax, 2.0000 ms, 2026-11-21T05:30:00Z");
        assertThat(wpk("records", "explain", "Softmax", "--shape", "x=2x16", "--records", path("r.jsonl")))
                .isEqualTo(1);
        assertThat(out.toString())
                .contains("  no record; the nearest, softmax x=2x8, differs in shapes: {out=[2, 8], x=[2, 8]},"
                        + " not {out=[2, 16], x=[2, 16]}");
        assertThat(wpk(
                        "records",
                        "explain",
                        "Softmax",
                        "--shape",
                        "x=2x8",
                        "--threads",
                        "2",
                        "--records",
                        path("r.jsonl")))
                .isEqualTo(1);
        assertThat(out.toString()).contains("differs in threads: 1, not 2");
    }

    @Test
    void aFileThatIsNotThereIsWrongUsage() {
        assertThat(wpk("records", "list", "--records", path("none.jsonl"))).isEqualTo(2);
        assertThat(err.toString()).contains("--records: there is no file " + path("none.jsonl"));
        assertThat(wpk("records")).isEqualTo(2);
    }
}
