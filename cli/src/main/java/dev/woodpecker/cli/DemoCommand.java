package dev.woodpecker.cli;

import ai.onnxruntime.OnnxTensor;
import dev.woodpecker.cli.compare.OnnxRuntimePeer;
import dev.woodpecker.cli.compare.RandomArrays;
import dev.woodpecker.cli.demo.Abridgement;
import dev.woodpecker.cli.demo.JavaMethod;
import dev.woodpecker.cli.emit.Figures;
import dev.woodpecker.cli.emit.Section;
import dev.woodpecker.cli.zoo.Zoo;
import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.Difference;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Profile;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.runtime.timing.Interleaving;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code wpk demo}: the whole way once, on a network that needs no download. */
@Command(
        name = "demo",
        description = {
            "Makes a ResNet-18, runs it, compares result and time with ONNX Runtime,",
            "and shows a convolution's way from Java to C and CUDA."
        },
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    private static final String NETWORK = "resnet18";
    private static final long SEED = 1;

    /** ||a - b|| / ||b|| of a whole model's output at fp32. */
    private static final double TOLERANCE = 1e-3;

    /** Blocks are short, so that a machine's drift touches both alike, and nothing is timed beside threads at work. */
    private static final Interleaving TIMING = new Interleaving(4, 5, Duration.ofMillis(500));

    private static final List<String> CONVOLUTION =
            List.of("x=1x64x56x56", "w=64x64x3x3", "b=64", "strides=1,1", "pads=1,1,1,1");

    @Spec
    private CommandSpec command = CommandSpec.create();

    /** A row of the table. */
    private record Speed(int threads, Distribution ours, Distribution theirs) {}

    @Override
    public Integer call() throws IOException {
        PrintWriter out = command.commandLine().getOut();
        Environment environment = Environment.ofProcess();
        CpuFeatures cpu = CpuFeatures.ofHost();
        heading("This machine", out);
        out.println("  " + cpu.summary());
        out.println("  " + KernelCompiler.of(environment).compiler().summary());
        heading("A network: ResNet-18 with seeded weights, batch 1", out);
        Path file = network(environment, out);
        heading("Imported, compiled, run", out);
        Map<String, NdArray> inputs = new LinkedHashMap<>();
        boolean right = result(file, inputs, out);
        way(environment, CpuTarget.of(cpu), out);
        heading("Timed, in blocks that take turns", out);
        List<Speed> speeds = new ArrayList<>();
        speeds.add(time(file, inputs, 1));
        if (cpu.cores() > 1) {
            speeds.add(time(file, inputs, cpu.cores()));
        }
        print(speeds, out);
        return right ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private static void heading(String text, PrintWriter out) {
        out.println();
        out.println("== " + text);
        out.flush();
    }

    /** The model file: made once, and kept beside what else the cache has. */
    private static Path network(Environment environment, PrintWriter out) throws IOException {
        Path folder = Files.createDirectories(
                CacheDirectory.open(environment).directory().resolve("zoo"));
        Path file = folder.resolve(NETWORK + "-seed" + SEED + ".onnx");
        if (Files.exists(file)) {
            out.println("  " + file + ", from an earlier demo");
        } else {
            double seconds = seconds(() -> new Zoo(SEED, 1, ZooCommand.CALIBRATOR).write(NETWORK, file));
            out.printf(Locale.ROOT, "  %s, made in %.1f s%n", file, seconds);
        }
        return file;
    }

    /** Runs the model in both runtimes, on inputs that are left in {@code inputs}, and says how far they differ. */
    private static boolean result(Path file, Map<String, NdArray> inputs, PrintWriter out) {
        long start = System.nanoTime();
        try (Model model = Model.load(file, Options.defaults());
                Session session = model.newSession()) {
            RandomArrays random = new RandomArrays(SEED);
            model.inputs()
                    .forEach((name, type) -> inputs.put(
                            name, random.next(type.element(), type.shape().extents())));
            session.startProfile();
            Map<String, NdArray> outputs = session.run(inputs);
            Profile profile = session.profile();
            long multiplyAdds = profile.kernels().stream()
                    .mapToLong(Profile.Kernel::multiplyAdds)
                    .sum();
            out.printf(
                    Locale.ROOT,
                    "  %d kernels, %.2f billion multiply-adds; %.1f s until the first result%n",
                    profile.kernels().size(),
                    multiplyAdds * 1e-9,
                    (System.nanoTime() - start) * 1e-9);
            return compare(file, inputs, outputs, out);
        }
    }

    private static boolean compare(
            Path file, Map<String, NdArray> inputs, Map<String, NdArray> outputs, PrintWriter out) {
        boolean right = true;
        try (OnnxRuntimePeer peer = OnnxRuntimePeer.open(file, 1)) {
            Map<String, NdArray> expected = peer.run(peer.prepare(inputs));
            for (Map.Entry<String, NdArray> output : outputs.entrySet()) {
                NdArray actual = output.getValue();
                NdArray wanted = Objects.requireNonNull(expected.get(output.getKey()), output.getKey());
                double distance = Difference.between(actual, wanted, Difference.Tolerance.ONNX)
                        .normwiseRelative();
                out.printf(
                        Locale.ROOT,
                        "  output %s %s: %.2g from ONNX Runtime's (norm-wise, relative), allowed %.0e: %s%n",
                        output.getKey(),
                        NdArray.describe(actual.type(), actual.shape()),
                        distance,
                        TOLERANCE,
                        distance <= TOLERANCE ? "ok" : "WRONG");
                right &= distance <= TOLERANCE;
            }
        }
        return right;
    }

    private static Speed time(Path file, Map<String, NdArray> inputs, int threads) {
        try (Model model = Model.load(file, Options.defaults().withThreads(threads));
                Session session = model.newSession();
                OnnxRuntimePeer peer = OnnxRuntimePeer.open(file, threads)) {
            Map<String, NdArray> outputs = session.run(inputs);
            Map<String, OnnxTensor> prepared = peer.prepare(inputs);
            List<Runnable> both = List.of(() -> session.run(inputs, outputs), () -> peer.runOnly(prepared));
            List<Distribution> times = TIMING.time(both);
            return new Speed(threads, times.getFirst(), times.getLast());
        }
    }

    private static void print(List<Speed> speeds, PrintWriter out) {
        out.printf("  %-10s %16s %16s %16s%n", "", "Woodpecker", "ONNX Runtime", "relative speed");
        for (Speed speed : speeds) {
            out.printf(
                    Locale.ROOT,
                    "  %-10s %13.1f ms %13.1f ms %16.2f%n",
                    speed.threads() == 1 ? "1 thread" : speed.threads() + " threads",
                    speed.ours().median() * 1e3,
                    speed.theirs().median() * 1e3,
                    speed.theirs().median() / speed.ours().median());
        }
        out.printf(
                "  medians of %d runs, whose threads do not spin%n",
                speeds.getFirst().ours().count());
    }

    /** One convolution of the network, from its Java method to C and CUDA. */
    private static void way(Environment environment, Target processor, PrintWriter out) {
        KernelCall call = KernelCall.of(
                KernelIndex.of(DemoCommand.class.getClassLoader()).find("Convolution.conv2d"), CONVOLUTION);
        KernelSource c = KernelSource.of(call.program(), processor, Numerics.FP32);
        KernelSource cuda = KernelSource.of(call.program(), Target.parse("cuda:sm_80"), Numerics.FP32);
        heading("One kernel's way: the Java method", out);
        out.print(Abridgement.of(JavaMethod.of(call.spec()), 40));
        heading("... for " + String.join(" ", CONVOLUTION), out);
        out.print(Abridgement.of(Section.PROGRAM.text(call, c), 20));
        heading("... as loops for " + processor.name(), out);
        out.print(Abridgement.of(Section.LOOPS.text(call, c), 20));
        heading("... in C", out);
        source(c, environment, out);
        heading("... and in CUDA, compiled without a GPU or a toolkit", out);
        source(cuda, environment, out);
        out.println();
        out.println("The whole of it: wpk emit Conv --shape " + String.join(" --shape ", CONVOLUTION.subList(0, 3))
                + " --attr " + String.join(" --attr ", CONVOLUTION.subList(3, 5)) + " --show all --target cpu");
    }

    /** The kernel's functions, without what every source begins with. */
    private static void source(KernelSource source, Environment environment, PrintWriter out) {
        String text = source.text();
        int kernel = text.indexOf("/*\n * " + source.lowered().name());
        out.print(Abridgement.of(text.substring(Math.max(0, kernel)), 48));
        Figures.of(source, environment).forEach(line -> out.println("  // " + line));
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) * 1e-9;
    }
}
