package dev.woodpecker.cli;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.device.emulator.CudaText;
import dev.woodpecker.runtime.device.emulator.EmulatedKernel;
import dev.woodpecker.runtime.device.emulator.Emulation;
import dev.woodpecker.runtime.device.emulator.Emulator;
import dev.woodpecker.runtime.device.emulator.TensorMemory;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.tuner.TaskArguments;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wpk emulate}: the CUDA of a kernel, executed on the processor and compared with the reference. */
@Command(
        name = "emulate",
        description = {
            "Executes a kernel's CUDA on this machine's processor, the very text that wpk emit prints, and compares"
                    + " its",
            "result with the reference. Accesses of memory are checked for bounds, alignment, initialisation and"
                    + " races,",
            "barriers and instructions of a warp for divergence. For small shapes: a multiply-add takes some 50 ns."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Example:",
            "  wpk emulate Conv --shape x=1x16x14x14 --shape w=32x16x3x3 --attr pads=1,1,1,1 --target cuda:sm_80"
        })
final class EmulateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private TaskArguments arguments = new TaskArguments();

    @Option(
            names = "--seed",
            description = "The order of threads and blocks: 0 rising (the default), 1 falling, others at random; and of"
                    + " the values of the inputs.")
    private long seed;

    @Option(names = "--limit", description = "Seconds after which a kernel is stopped. Default: ${DEFAULT-VALUE}.")
    private long limitSeconds = EmulatedKernel.LIMIT_SECONDS;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = command.commandLine().getOut();
        boolean agree = true;
        try (Emulator emulator = Emulator.of(Environment.ofProcess())) {
            for (TuningTask task : arguments.tasks()) {
                if (!task.target().isCuda()) {
                    throw new ParameterException(
                            command.commandLine(),
                            "--target " + task.target().name() + ": CUDA is emulated; for example --target cuda:sm_80");
                }
                for (Variant variant : task.variants()) {
                    agree &= emulate(emulator, task, variant, out);
                    out.flush();
                }
            }
        }
        return agree ? 0 : 1;
    }

    private boolean emulate(Emulator emulator, TuningTask task, Variant variant, PrintWriter out) {
        CudaText text = CudaText.of(KernelSource.of(variant.program(), task.target(), task.numerics()));
        LoweredKernel kernel = text.kernel();
        out.printf(
                "%s%s, %s, %s%n",
                task.name(),
                variant.name().isEmpty() ? "" : " (" + variant.name() + ")",
                kernel.target().name(),
                kernel.numerics().text());
        out.printf("  text      %d lines, SHA-256 %s%n", text.text().lines().count(), text.sha256());
        for (LoweredKernel.Phase phase : kernel.phases()) {
            out.printf(
                    "  launch    %s: %s blocks of %s threads%n",
                    phase.symbol(),
                    by(Arrays.stream(TensorMemory.extents(phase.launch().grid()))
                            .boxed()
                            .toList()),
                    by(phase.launch().block()));
        }
        Map<String, HostTensor> inputs = inputs(variant.program());
        return switch (emulator.load(text).run(inputs, seed, limitSeconds)) {
            case Emulation.Faulted(var fault) -> {
                fault.message().lines().forEach(line -> out.println("  " + line));
                yield false;
            }
            case Emulation.CheckFailed(int status, String check) -> {
                out.printf(
                        "  check %d failed, as it is to for such inputs: %s; another --seed has other inputs%n",
                        status, check);
                yield false;
            }
            case Emulation.Finished(var outputs, var counts) -> {
                print(counts, out);
                yield compare(variant.program(), inputs, outputs, kernel.numerics(), out);
            }
        };
    }

    private void print(Emulation.Counts counts, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "  executed  %,d threads in %,d blocks, %s: %,d barriers, %,d arrivals at instructions of a warp,"
                        + " %,d B copied asynchronously%n",
                counts.threads(),
                counts.blocks(),
                seed == EmulatedKernel.RISING
                        ? "rising"
                        : seed == EmulatedKernel.FALLING ? "falling" : "in the order of seed " + seed,
                counts.barriers(),
                counts.collectives(),
                counts.copiedBytes());
        out.printf(
                Locale.ROOT,
                "  checked   %,d accesses of memory: bounds, alignment, initialisation, races; nothing was found%n",
                counts.accesses());
    }

    private static boolean compare(
            TensorProgram program,
            Map<String, HostTensor> inputs,
            Map<String, HostTensor> outputs,
            Numerics numerics,
            PrintWriter out) {
        boolean agree = true;
        for (Map.Entry<String, HostTensor> expected :
                Interpreter.run(program, inputs).entrySet()) {
            HostTensor actual = Objects.requireNonNull(outputs.get(expected.getKey()));
            Difference difference = Difference.of(expected.getValue(), actual);
            double allowed = difference.greatest() * bound(numerics, actual.type());
            boolean near = difference.difference() <= allowed;
            agree &= near;
            out.printf(
                    Locale.ROOT,
                    "  result    %s: %s from the reference, at most %.2g; the greatest element is %.4g%n",
                    expected.getKey(),
                    near ? "within " + String.format(Locale.ROOT, "%.2g", allowed) : "TOO FAR",
                    difference.difference(),
                    difference.greatest());
        }
        return agree;
    }

    /** How far a result may be off, relative to the greatest element: 2^-16 for sums in fp32, a few ulps of shorter types. */
    private static double bound(Numerics numerics, DType type) {
        double ofType = type == DType.F16 ? 0x1p-9 : type == DType.BF16 ? 0x1p-6 : 0;
        double ofSums = switch (numerics) {
            case STRICT -> 0;
            case FP32, INT8 -> 0x1p-16;
            case FP16, TF32 -> 0x1p-8;
            case BF16 -> 0x1p-5;
        };
        return Math.max(ofType, ofSums);
    }

    private record Difference(double difference, double greatest) {
        static Difference of(HostTensor expected, HostTensor actual) {
            double difference = 0;
            double greatest = 0;
            for (int i = 0; i < expected.elements(); i++) {
                double e = value(expected, i);
                double a = value(actual, i);
                // What an infinity or NaN may be beside is that alone.
                greatest = Double.isFinite(e) ? Math.max(greatest, Math.abs(e)) : greatest;
                // NaN beside a number is as far as can be.
                double between = Double.isNaN(e - a) ? Double.POSITIVE_INFINITY : Math.abs(e - a);
                difference = Math.max(difference, Double.compare(e, a) == 0 ? 0 : between);
            }
            return new Difference(difference, greatest);
        }

        private static double value(HostTensor tensor, int i) {
            return tensor.type().isFloat() ? tensor.real(i) : tensor.integer(i);
        }
    }

    /** Reals within -1 and 1; integers 0 or 1, which are indices almost anywhere. */
    private Map<String, HostTensor> inputs(TensorProgram program) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        for (TensorProgram.Declaration input : program.inputs()) {
            long[] shape = TensorMemory.extents(input.shape());
            int elements = HostTensor.zeros(input.type(), shape).elements();
            inputs.put(
                    input.name(),
                    input.type().isFloat()
                            ? HostTensor.ofReals(
                                    input.type(),
                                    random.doubles(elements, -1, 1).toArray(),
                                    shape)
                            : HostTensor.ofIntegers(
                                    input.type(), random.longs(elements, 0, 2).toArray(), shape));
        }
        return inputs;
    }

    private static String by(List<? extends Number> extents) {
        return extents.stream().map(String::valueOf).collect(Collectors.joining("x"));
    }
}
