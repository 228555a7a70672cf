package dev.woodpecker.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import dev.woodpecker.runtime.toolchain.CompilerDiscovery;
import dev.woodpecker.runtime.toolchain.CudaDriverProbe;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What is packed, what of it runs without a device, and what the tables say. */
class KitFilesTest {
    private static final Path ROOT = Path.of(System.getProperty("woodpecker.root"));
    private static final Path SCRIPTS = ROOT.resolve("benchmarks/gpu/kit");

    @TempDir
    Path folder;

    private static String run(Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static String python() {
        Optional<Path> python = CompilerDiscovery.executable("python3", Environment.ofProcess());
        assumeTrue(python.isPresent(), "SKIPPED: no python3 on the PATH");
        return python.get().toString();
    }

    /** Packed without a Java and without kernels, for which there is no time here, and run where there is no device. */
    @Test
    void withoutADeviceEachStepSaysWhatIsMissing() throws IOException, InterruptedException {
        assumeTrue(
                CudaDriverProbe.ask() instanceof CudaDriverProbe.Answer.NoDriver,
                "SKIPPED: this machine has a driver: use the kit itself");
        Path kit = folder.resolve("kit");
        int packed = new CommandLine(new PackKit())
                .execute(
                        "--root=" + ROOT,
                        "--output=" + kit,
                        "--layers=0",
                        "--products=0",
                        "--checks=0",
                        "--models=0",
                        "--without-java");
        // The exit code tells that the size is right.
        assertThat(packed).isZero();
        String said = run(
                Map.of(
                        "WPK_KIT_JAVA",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                kit.resolve("run").toString());
        assertThat(said)
                .contains("facts: skipped: no CUDA device: there is no libcuda.so.1")
                .contains("convolutions: skipped: no CUDA device")
                .contains("peer-layers: skipped: ")
                .contains("No device was reached")
                .contains("| convolutions | skipped: no CUDA device: there is no libcuda.so.1")
                .containsPattern("peer-models . skipped: no .* . 0 . 0 .");
        assertThat(kit.resolve("results/log.txt")).content().contains(" exit code " + KitMain.EXIT_NO_DEVICE);
        assertThat(kit.resolve("results/results.json")).exists();
        try (var jars = Files.list(kit.resolve("lib"))) {
            assertThat(jars.map(jar -> jar.getFileName().toString()))
                    .contains("jcuda-driver-native.jar")
                    .noneMatch(jar -> jar.contains("llvm") || jar.contains("dnnl") || jar.contains("onnxruntime"));
        }
    }

    @Test
    void bothLanguagesMeanTheSameByTheirStatistics() throws IOException, InterruptedException {
        List<Double> ratios = List.of(0.5, 1.0, 3.0, 1.25, 0.99, 5.4);
        GroupSummary ours = GroupSummary.of(ratios);
        assertThat(ours.geometricMean()).isCloseTo(Math.pow(0.5 * 3 * 1.25 * 0.99 * 5.4, 1 / 6.0), within(1e-12));
        assertThat(ours.lost()).isEqualTo(2 / 6.0);
        List<String> command =
                new ArrayList<>(List.of(python(), SCRIPTS.resolve("peers.py").toString(), "statistics"));
        ratios.forEach(ratio -> command.add(ratio.toString()));
        GroupSummary theirs = StepJournal.GSON.fromJson(
                run(Map.of("PYTHONDONTWRITEBYTECODE", "1"), command.toArray(String[]::new)), GroupSummary.class);
        assertThat(theirs.count()).isEqualTo(ours.count());
        assertThat(theirs.geometricMean()).isCloseTo(ours.geometricMean(), within(1e-12));
        assertThat(theirs.tenthPercentile()).isCloseTo(ours.tenthPercentile(), within(1e-12));
        assertThat(theirs.best()).isEqualTo(ours.best());
        assertThat(theirs.worst()).isEqualTo(ours.worst());
        assertThat(theirs.lost()).isCloseTo(ours.lost(), within(1e-12));
    }

    @Test
    void aJournalGoesOnBehindWhatEndedItsProcess() throws IOException {
        StepJournal first = StepJournal.open(folder, "step");
        first.start("a");
        first.finish("a", new CheckStep.Row("a", ""));
        first.start("b");
        Files.writeString(folder.resolve("step.jsonl"), "{\"item\":\"c\",\"sta", StandardOpenOption.APPEND);

        StepJournal second = StepJournal.open(folder, "step");
        assertThat(second.isDone("a")).isTrue();
        assertThat(second.wasFatal("b")).isTrue();
        assertThat(second.wasFatal("c")).isFalse();
        assertThat(second.rows(CheckStep.Row.class)).containsExactly(new CheckStep.Row("a", ""));
    }

    @Test
    void whatWasStoppedFromOutsideIsTriedOnceMore() {
        StepJournal first = StepJournal.open(folder, "step");
        first.start("slow");
        first.stopAll();
        StepJournal second = StepJournal.open(folder, "step");
        assertThat(second.wasFatal("slow")).isFalse();
        second.start("slow");
        second.stopAll();
        assertThat(StepJournal.open(folder, "step").wasFatal("slow")).isTrue();
    }

    @Test
    void tablesSumUpByGroupAndSystem() throws IOException {
        StepJournal rows = StepJournal.open(folder, "convolutions");
        rows.finish("one", row("one", 10, 20, ""));
        rows.finish("two", row("two", 10, 5, ""));
        rows.finish("three", row("three", 0, 5, "it ended the process, or did not end"));
        JsonObject peer = new JsonObject();
        peer.addProperty("name", "one");
        peer.addProperty("system", "PyTorch");
        peer.addProperty("microseconds", 40.0);
        StepJournal.open(folder, "peer-layers").finish("one | PyTorch", peer);
        JsonObject failed = new JsonObject();
        failed.addProperty("name", "two");
        failed.addProperty("system", "torch.compile");
        failed.addProperty("microseconds", 0);
        failed.addProperty("problem", "no C compiler");
        StepJournal.open(folder, "peer-layers").finish("two | torch.compile", failed);

        assertThat(KitReport.write(folder))
                .content()
                .contains("| batch 1, fp16 | vendor's best | 2 | 1.00 | 0.65 | 2.00 | 0.50 | 50 % |")
                .contains("| batch 1, fp16 | PyTorch | 1 | 4.00 | 4.00 | 4.00 | 4.00 | 0 % |")
                .contains("| one | 10.0 | 10.0 | 20.0 | 2.00 |")
                .contains("engine 7 it ended the process")
                .contains("torch.compile failed for 1 workloads, first for `two`: no C compiler");
        assertThat(folder.resolve("results.json")).content().contains("\"convolutions\"");
    }

    @Test
    void whatWasAimedAtStandsBesideWhatWasReached() throws IOException {
        StepJournal layers = StepJournal.open(folder, "convolutions");
        layers.finish("one", row("one", 10, 20, ""));
        layers.finish("two", row("two", 10, 5, ""));
        String model = KitModel.RESNET + " fp16";
        StepJournal ours = StepJournal.open(folder, ModelStep.NAME);
        ours.finish("a", new ModelStep.Row(model, "Woodpecker, inputs and results on the host", 50, ""));
        ours.finish("b", new ModelStep.Row(model, "Woodpecker, tuned", 100, ""));
        ours.finish("c", new ModelStep.Row(model, "Woodpecker", 0, "WRONG"));
        StepJournal.open(folder, "peer-models")
                .finish("d", new ModelStep.Row(model, "PyTorch in a CUDA graph", 150, ""));
        StepJournal checks = StepJournal.open(folder, CheckStep.NAME);
        for (int i = 0; i < 30; i++) {
            checks.finish("case " + i, new CheckStep.Row("case " + i, i < 5 ? "" : "NaN"));
        }

        assertThat(KitReport.write(folder))
                .content()
                .contains("| cases of kernels that are wrong | 25 of 30 | 0 | missed |")
                .contains("batch 1, fp16: geometric mean against cuDNN's best | 1.00, 2 layers | 1.20 | missed |")
                .contains("batch 1, tf32: geometric mean against cuDNN's best |  | 1.20 | not measured |")
                .contains("| the best convolution against cuDNN's best | 2.00, one | 5.40 | missed |")
                .contains("| 1.50, Woodpecker, tuned against PyTorch in a CUDA graph | 1.18 | met |")
                .contains("- and 5 more, in `checks.jsonl`");
    }

    private static LayerRow row(String name, double ours, double vendor, String problem) {
        return new LayerRow(
                name, "batch 1, fp16", ours, ours, Map.of(), 3, 1, vendor, "engine 7", 4, 1e6, 1000, problem);
    }
}
