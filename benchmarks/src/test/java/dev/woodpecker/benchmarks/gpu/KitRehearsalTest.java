package dev.woodpecker.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.toolchain.CompilerDiscovery;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kit's program where a driver answers that is none, on a device that computes nothing, and a PyTorch that is none: each
 * step's own process, its journal and its tables, which are tried nowhere else before a device is at hand.
 */
class KitRehearsalTest {
    private static final Path ROOT = Path.of(System.getProperty("woodpecker.root"));
    private static final Path RESOURCES = ROOT.resolve("benchmarks/src/test/resources/dev/woodpecker/benchmarks/gpu");
    private static final Path DRIVER =
            ROOT.resolve("runtime/src/test/resources/dev/woodpecker/runtime/device/cuda/driver/libcuda.c");
    private static final int SECONDS = 60;

    @TempDir
    Path folder;

    private static String output(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static Path program(String name) {
        Optional<Path> program = CompilerDiscovery.executable(name, Environment.ofProcess());
        assumeTrue(program.isPresent(), "SKIPPED: no " + name + " on the PATH");
        return program.get();
    }

    private void writeDriver() throws IOException, InterruptedException {
        output(new ProcessBuilder(
                        program("gcc").toString(),
                        "-shared",
                        "-fPIC",
                        "-w",
                        "-DREHEARSAL",
                        "-Wl,-soname,libcuda.so.1",
                        "-o",
                        folder.resolve("libcuda.so.1").toString(),
                        DRIVER.toString())
                .redirectErrorStream(true)
                .start());
    }

    private void writeKit(Workload workload) throws IOException {
        Drafts.Draft draft =
                new Drafts(Target.parse("cuda:sm_90a"), 1, 1).of(workload, 1).getFirst();
        String cubin = "cubins/none.cubin";
        Candidate candidate = PackKit.launches(
                draft.kernel().name(), workload.name(), true, draft.decisions(), 1, cubin, draft.kernel());
        KernelArchive.write(
                folder.resolve(PackKit.KERNELS),
                new KernelArchive.Contents(
                        "sm_90a", "abc", "today", List.of(workload.name()), List.of(candidate), List.of()),
                Map.of(cubin, new byte[] {0x7f, 'E', 'L', 'F'}));
        ModelArchive.write(folder, new ModelArchive.Contents("sm_90a", Map.of(), Map.of(), Map.of()));
        Files.writeString(
                folder.resolve(PackKit.WORKLOADS), StepJournal.GSON.toJson(List.of(PeerWorkload.of(workload))));
        Files.copy(ROOT.resolve("benchmarks/gpu/kit").resolve(KitRun.PEERS), folder.resolve(KitRun.PEERS));
    }

    private String runKit() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KitMain.class.getName(),
                        "run",
                        folder.toString(),
                        folder.resolve("results").toString())
                .redirectErrorStream(true);
        builder.environment().put("LD_LIBRARY_PATH", folder.toString());
        builder.environment().put("PYTHONPATH", RESOURCES.resolve("peers").toString());
        builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
        return output(builder.start());
    }

    @Test
    void everyStepComesToItsEndAndWhatWasNotComputedIsNotBelieved() throws IOException, InterruptedException {
        program("python3");
        Workload workload = new Workload.Product(128, 768, 768, Numerics.FP16);
        writeDriver();
        writeKit(workload);

        String said = runKit();
        KitSteps.ALL.forEach(step -> assertThat(said).contains(step.name() + ": done"));
        assertThat(said)
                .contains("| device | No Device", "beside us | PyTorch none")
                .contains(workload.name(), "was not written, or is NaN")
                .containsPattern("products . done . [0-9]+ . 1 .");
        assertThat(runKit()).contains("products: done before", "peer-models: done before");
    }

    @Test
    void pythonAndJavaReadEachOthersJournals() throws IOException, InterruptedException {
        Path journal = folder.resolve("peer-layers.jsonl");
        Workload workload = new Workload.Product(8, 8, 8, Numerics.FP16);
        StepJournal began = StepJournal.open(folder, "peer-layers");
        began.start(workload.name() + " | PyTorch");
        began.stopAll();
        Files.writeString(
                folder.resolve(PackKit.WORKLOADS), StepJournal.GSON.toJson(List.of(PeerWorkload.of(workload))));
        ProcessBuilder builder = new ProcessBuilder(
                        program("python3").toString(),
                        ROOT.resolve("benchmarks/gpu/kit").resolve(KitRun.PEERS).toString(),
                        "peer-layers",
                        folder.resolve(PackKit.WORKLOADS).toString(),
                        journal.toString(),
                        String.valueOf(SECONDS))
                .redirectErrorStream(true);
        builder.environment()
                .putAll(new LinkedHashMap<>(
                        Map.of("PYTHONPATH", RESOURCES.resolve("peers").toString(), "PYTHONDONTWRITEBYTECODE", "1")));
        output(builder.start());
        assertThat(StepJournal.open(folder, "peer-layers").isDone(workload.name() + " | PyTorch"))
                .isTrue();
    }
}
