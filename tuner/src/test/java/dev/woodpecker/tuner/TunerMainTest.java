package dev.woodpecker.tuner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.woodpecker.runtime.records.RecordFile;
import dev.woodpecker.runtime.records.TuningRecord;
import dev.woodpecker.runtime.toolchain.CudaReadiness;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The command, with a compiler and a worker process. */
@Timeout(120)
class TunerMainTest {
    private record Ran(int exitCode, String out, String err) {
        JsonObject json() {
            return JsonParser.parseString(out).getAsJsonObject();
        }

        JsonObject task() {
            return json().getAsJsonArray("tasks").get(0).getAsJsonObject();
        }
    }

    @TempDir
    private Path folder;

    private static Ran tune(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = new CommandLine(new TunerMain())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new Ran(exitCode, out.toString(), err.toString());
    }

    private Ran tuneSmallProduct(String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("MatMul", "--shape", "a=48x40", "--shape", "b=40x32", "--constant", "b", "--search", "random"));
        arguments.addAll(List.of("--records", records().toString(), "--no-shipped-traces", "--json"));
        arguments.addAll(Arrays.asList(more));
        return tune(arguments.toArray(String[]::new));
    }

    private Path records() {
        return folder.resolve("records.jsonl");
    }

    /** That a budget is kept TuningRunTest says, by a clock of its own: by this one a busy machine would decide. */
    @Test
    void aSmallKernelIsTunedRecordedAndEmitted() throws IOException {
        Ran ran = tuneSmallProduct(
                "--trials",
                "4",
                "--budget",
                "60s",
                "--emit",
                folder.resolve("sources").toString());
        assertThat(ran.exitCode()).as(ran.err()).isZero();
        JsonObject task = ran.task();
        assertThat(task.get("trials").getAsInt()).isEqualTo(4);
        double standard = task.getAsJsonObject("default").get("seconds").getAsDouble();
        double best = task.getAsJsonObject("best").get("seconds").getAsDouble();
        assertThat(best).isPositive().isLessThanOrEqualTo(standard);
        assertThat(new RecordFile(records()).read())
                .hasSizeGreaterThanOrEqualTo(task.get("trials").getAsInt())
                .anyMatch(TuningRecord::isOk);
        assertThat(ran.err()).contains("searching").contains("by default");

        Path source = folder.resolve("sources/MatMul_a_48x40_b_40x32.c");
        assertThat(source)
                .content()
                .startsWith("// MatMul a=48x40 b=40x32\n")
                .contains("// compiler: ", "// measured: ", "GFLOP/s", "// trace: {\"v\":1", "// new Trace(")
                .contains("void *const *buffers");
    }

    @Test
    void aResumedRunBuildsOnRecordsThoughTheirLastLineIsTorn() throws IOException {
        Ran first = tuneSmallProduct("--trials", "6", "--budget", "60s");
        assertThat(first.exitCode()).as(first.err()).isZero();
        List<TuningRecord> before = new RecordFile(records()).read();
        Files.writeString(records(), "{\"v\":1,\"kern", StandardOpenOption.APPEND);

        Ran second = tuneSmallProduct("--trials", "6", "--budget", "60s", "--resume");
        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(second.task().get("knownFromRecords").getAsInt())
                .isEqualTo((int) before.stream().filter(r -> !r.isConfirmed()).count());
        assertThat(second.task().get("trials").getAsInt()).isEqualTo(6);
        assertThat(new RecordFile(records()).read())
                .startsWith(before.toArray(TuningRecord[]::new))
                .hasSizeGreaterThanOrEqualTo(before.size() + 6);
    }

    /** On an emulated device all goes its way, with times that nobody may take for a GPU's. */
    @Test
    void aKernelIsTunedOnADevice() {
        Ran ran = tune(
                "MatMul",
                "--shape",
                "a=12x16",
                "--shape",
                "b=16x20",
                "--target",
                "cuda:emulated",
                "--trials",
                "2",
                "--search",
                "random",
                "--budget",
                "60s",
                "--json",
                "--records",
                records().toString());
        assertThat(ran.exitCode()).as(ran.err()).isZero();
        assertThat(ran.json().get("machine").getAsString())
                .isEqualTo("cuda:sm_80, emulated device; times are the emulator's, and say nothing about any GPU");
        assertThat(ran.task().getAsJsonObject("best").get("seconds").getAsDouble())
                .isPositive();
        assertThat(new RecordFile(records()).read()).isNotEmpty().allSatisfy(record -> {
            assertThat(record.key().device()).isEqualTo("cuda:sm_80, emulated device");
            assertThat(record.key().threads()).isEqualTo(1);
        });
    }

    @Test
    void aGpuThatIsNotThereIsAnErrorThatNamesWhatCanBeDoneWithoutOne() {
        assumeTrue(CudaReadiness.ofProcess() instanceof CudaReadiness.Lacking, "there is a GPU");
        Ran ran = tune("MatMul", "--shape", "a=4x4", "--shape", "b=4x4", "--target", "cuda");
        assertThat(ran.exitCode()).isEqualTo(1);
        assertThat(ran.err()).contains("cannot run on CUDA", "--target cuda:sm_90a");
    }

    @Test
    void twoTunersShareAFileOfRecords() throws Exception {
        List<Ran> both = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<Ran>> running = List.of(
                    threads.submit(() -> tuneSmallProduct("--trials", "5", "--budget", "60s", "--seed", "1")),
                    threads.submit(() -> tuneSmallProduct("--trials", "5", "--budget", "60s", "--seed", "2")));
            for (Future<Ran> one : running) {
                both.add(one.get());
            }
        }
        assertThat(both)
                .allSatisfy(ran -> assertThat(ran.exitCode()).as(ran.err()).isZero());
        long searched = new RecordFile(records())
                .read().stream().filter(record -> !record.isConfirmed()).count();
        assertThat(searched).isEqualTo(10);
        assertThat(Files.readAllLines(records())).allMatch(line -> line.startsWith("{") && line.endsWith("}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        MatMul --shape a=4x4 --shape b=4x4 --budget soon           | 'soon' is no time to spend
        MatMul --shape a=4x4 --shape b=4x4 --search luck           | --search luck; there are: default,
        MatMul --shape a=4x4 --shape b=4x4 --constant w            | --constant w: inputs are a, b
        MatMul --shape a=4x4                                       | b
        MatMull --shape a=4x4                                      | near it: MatMul
        MatMul --shape a=4x4 --shape b=4x4 --target cpu:aarch64    | nothing can be timed for it here
        MatMul --shape a=4x4 --shape b=4x4 --target x86-64-v9      | unknown target
        MatMul --shape a=4x4 --shape b=4x4 --numerics exact        | generated code is strict or fp32
        MatMul --shape a=4x4 --shape b=4x4 --dim n=4               | --dim describes a model
        model.onnx --shape a=4x4                                   | describe a kernel, not the model
        """)
    void wrongUsageSaysWhatIsAllowed(String arguments, String message) {
        Ran ran = tune(arguments.strip().split(" +"));
        assertThat(ran.exitCode()).isEqualTo(2);
        assertThat(ran.err()).contains(message);
    }

    @Test
    void theHelpHasTheExitCodes() {
        assertThat(tune("--help").out()).contains("Exit codes:", "130", "Ctrl-C", "8m");
    }
}
