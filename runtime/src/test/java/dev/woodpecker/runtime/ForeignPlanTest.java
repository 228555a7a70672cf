package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.Selector;
import dev.woodpecker.runtime.plan.file.StoredPlans;
import dev.woodpecker.runtime.toolchain.BundledLlvm;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plan with kernels for 64-bit ARM beside this machine's: built here, and run by an emulator of that processor. */
class ForeignPlanTest {
    /** Debian: {@code qemu-user-static}, {@code libc6-arm64-cross}. */
    private static final Path EMULATOR = Path.of("/usr/bin/qemu-aarch64-static");

    private static final Path LIBRARIES = Path.of("/usr/aarch64-linux-gnu");

    private static final Options OPTIONS =
            Options.defaults().withoutShippedRecords().withRecords();

    @TempDir
    static Path directory;

    @BeforeAll
    static void isOnAnotherMachine() {
        assumeTrue(BundledLlvm.isPresent(), "SKIPPED: org.bytedeco:llvm is not on the class path");
        assumeTrue(!CpuFeatures.ofHost().isAarch64(), "SKIPPED: this machine is aarch64 itself");
    }

    private static NdArray random(DType type, long seed, int... shape) {
        NdArray array = NdArray.allocate(type, shape);
        Random random = new Random(seed);
        for (int i = 0; i < array.elements(); i++) {
            array.set(i, type.isFloat() ? random.nextGaussian() : random.nextInt(-128, 128));
        }
        return array;
    }

    private static NdArray scalar(DType type, double value) {
        NdArray array = NdArray.allocate(type);
        array.set(0, value);
        return array;
    }

    /** Floats, bytes, a window, a softmax. */
    private static Path network() {
        Path file = directory.resolve("network.onnx");
        new OnnxModelBuilder("network", 17)
                .input("x", TensorType.of(DType.F32, 1, 16, 12, 12))
                .initializer("w", random(DType.F32, 1, 16, 16, 3, 3))
                .initializer("scale", scalar(DType.F32, 0.1))
                .initializer("zero", scalar(DType.U8, 128))
                .initializer("q", random(DType.I8, 2, 16, 16, 3, 3))
                .initializer("qScale", scalar(DType.F32, 0.02))
                .initializer("qZero", scalar(DType.I8, 0))
                .node("Conv", List.of("x", "w"), "c", Map.of("pads", Attribute.of(1, 1, 1, 1)))
                .node("QuantizeLinear", List.of("c", "scale", "zero"), "cq", Map.of())
                .node(
                        "QLinearConv",
                        List.of("cq", "scale", "zero", "q", "qScale", "qZero", "scale", "zero"),
                        "d",
                        Map.of())
                .node("DequantizeLinear", List.of("d", "scale", "zero"), "f", Map.of())
                .node("GlobalAveragePool", List.of("f"), "p", Map.of())
                .node("Flatten", List.of("p"), "g", Map.of())
                .node("Softmax", List.of("g"), "y", Map.of())
                .output("y")
                .write(file);
        return file;
    }

    @Test
    void kernelsOfAnotherArchitectureComputeTheSameThere() throws Exception {
        assumeTrue(
                Files.exists(EMULATOR) && Files.isDirectory(LIBRARIES),
                "SKIPPED: no qemu-aarch64-static or no libc6-arm64-cross; generated code for aarch64 is not run");
        Path network = network();
        Path plan = directory.resolve("network.wpk");
        Options options = OPTIONS.withCacheDirectory(directory.resolve("cache"));
        PlanBuild.Built built = PlanBuild.of(network, options)
                .forTargets("x86-64-v2", "aarch64")
                .write(plan);
        assertThat(built.targets()).containsExactly("cpu:x86-64-v2", "cpu:aarch64");
        NdArray x = random(DType.F32, 7, 1, 16, 12, 12);
        double[] here = run(plan, options.trustPlan(built.digest()), x);
        double[] there = runForeign(plan, options.trustPlan(built.digest()), x);
        assertThat(there).hasSameSizeAs(here);
        for (int i = 0; i < here.length; i++) {
            assertThat(there[i]).isCloseTo(here[i], within(1e-5));
        }
    }

    @Test
    void theSameModelGivesTheSameBytesForAnotherArchitecture() throws IOException {
        Path network = network();
        Path first = directory.resolve("first.wpk");
        Path second = directory.resolve("second.wpk");
        PlanBuild.of(network, OPTIONS.withCacheDirectory(directory.resolve("cache1")))
                .forTargets("aarch64")
                .write(first);
        PlanBuild.of(network, OPTIONS.withCacheDirectory(directory.resolve("cache2")))
                .forTargets("aarch64")
                .write(second);
        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    }

    private static double[] run(Path file, Options options, NdArray x) {
        try (Model model = Model.load(file, options);
                Session session = model.newSession()) {
            return session.run(Map.of("x", x)).get("y").toDoubleArray();
        }
    }

    private static double[] runForeign(Path file, Options options, NdArray x) throws Exception {
        try (Arena arena = Arena.ofShared();
                WorkerPool pool = new WorkerPool(1)) {
            CacheDirectory cache = CacheDirectory.open(options.environment());
            Selector selector = new Selector(Vendors.NONE, Optional::empty, pool);
            CompiledPlan plan = StoredPlans.open(
                            file, options.trust(), CpuFeatures.ofHost().asAarch64(), cache, selector, arena)
                    .plans()
                    .getFirst();
            Path folder = Files.createDirectories(directory.resolve("foreign"));
            Files.write(folder.resolve("input0"), x.memory().toArray(ValueLayout.JAVA_BYTE));
            Path program = ForeignProgram.compile(plan, folder, cache, LIBRARIES);
            Path output = folder.resolve("output");
            Process process = new ProcessBuilder(EMULATOR.toString(), "-L", LIBRARIES.toString(), program.toString())
                    .redirectOutput(output.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            assertThat(process.waitFor()).isZero();
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(output)).order(ByteOrder.LITTLE_ENDIAN);
            double[] values = new double[bytes.remaining() / Float.BYTES];
            for (int i = 0; i < values.length; i++) {
                values[i] = bytes.getFloat();
            }
            return values;
        }
    }
}
