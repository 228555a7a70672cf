package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.benchmarks.gpu.KernelCheck.Values;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.BindingText;
import dev.woodpecker.compiler.expr.KernelProvider;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.emulator.TensorMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * The cases that the differential tests run, for a GPU: read from the tables of the tests, each with its inputs and the
 * interpreter's result, so that the machine with the GPU needs nothing to know what is right.
 *
 * @param casesPerKernel the first of each kernel's; 0 for none
 */
record KernelChecks(Target target, int casesPerKernel) {
    /** Larger results would make the kit large, and an interpreter slow. */
    private static final int MOST_ELEMENTS = 1 << 13;

    private static final double FP32_TOLERANCE = 0x1p-16;

    /** A case before it is compiled. */
    record Draft(String name, LoweredKernel kernel, List<Values> tensors, double tolerance) {}

    /** @param folder of the tables: a file for each class of kernels */
    List<Draft> read(Path folder) throws IOException {
        List<Draft> drafts = new ArrayList<>();
        for (Map.Entry<String, CompiledKernel> kernel : library().entrySet()) {
            int dot = kernel.getKey().indexOf('.');
            Path table = folder.resolve(kernel.getKey().substring(0, dot) + ".txt");
            if (Files.isRegularFile(table) && casesPerKernel > 0) {
                read(table, kernel.getKey().substring(dot + 1), kernel.getValue(), drafts);
            }
        }
        return drafts;
    }

    private static Map<String, CompiledKernel> library() {
        Map<String, CompiledKernel> kernels = new TreeMap<>();
        for (KernelProvider provider : ServiceLoader.load(KernelProvider.class)) {
            provider.kernels().forEach(kernel -> kernels.put(kernel.spec().shortName(), kernel));
        }
        return kernels;
    }

    /** A line at the margin names a kernel, the indented lines after it are its cases. */
    private void read(Path table, String method, CompiledKernel kernel, List<Draft> drafts) throws IOException {
        boolean mine = false;
        int found = 0;
        for (String line : Files.readAllLines(table)) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (!Character.isWhitespace(line.charAt(0))) {
                mine = line.split(" within ", 2)[0].equals(method);
            } else if (mine && found < casesPerKernel) {
                int before = drafts.size();
                add(kernel, line.strip(), "t" + drafts.size() + "_", drafts);
                found += drafts.size() - before;
            }
        }
    }

    /** Nothing where the case is about values that the kernel refuses, or too large. */
    private void add(CompiledKernel kernel, String line, String name, List<Draft> drafts) {
        List<String> pairs = new ArrayList<>();
        Map<String, String> domains = new TreeMap<>();
        Map<String, DType> outputs = new TreeMap<>();
        for (String token : line.split("\\s+")) {
            int tilde = token.indexOf('~');
            int colon = token.indexOf(':');
            if (tilde > 0) {
                domains.put(token.substring(0, tilde), token.substring(tilde + 1));
            } else if (token.indexOf('=') < 0 && colon > 0) {
                outputs.put(token.substring(0, colon), DType.parse(token.substring(colon + 1)));
            } else {
                pairs.add(token);
            }
        }
        try {
            Binding binding = BindingText.parse(kernel.spec(), name, String.join(" ", pairs), DType.F32);
            for (Map.Entry<String, DType> output : outputs.entrySet()) {
                binding = binding.output(output.getKey(), output.getValue());
            }
            TensorProgram program = Specializer.specialize(kernel.spec(), binding);
            Map<String, HostTensor> inputs = inputs(program, domains, name.hashCode());
            Map<String, HostTensor> results = Interpreter.run(program, inputs);
            boolean small = results.values().stream().allMatch(result -> result.elements() <= MOST_ELEMENTS)
                    && inputs.values().stream().allMatch(input -> input.elements() <= MOST_ELEMENTS);
            if (small && results.values().stream().allMatch(result -> result.elements() > 0)) {
                LoweredKernel lowered = Lowering.lower(
                        program, DefaultSchedule.of(program, target, Numerics.FP32, Map.of()), target, Numerics.FP32);
                List<Values> tensors = new ArrayList<>();
                inputs.forEach((input, tensor) -> tensors.add(values(input, tensor)));
                results.forEach((output, tensor) -> tensors.add(values(output, tensor)));
                drafts.add(new Draft(kernel.spec().shortName() + " " + line, lowered, tensors, tolerance(results)));
            }
        } catch (RuntimeException refused) {
            // Indices out of range and the like: cases of what is diagnosed, which the tests without a GPU look at.
            return;
        }
    }

    private static double tolerance(Map<String, HostTensor> results) {
        double tolerance = FP32_TOLERANCE;
        for (HostTensor result : results.values()) {
            tolerance =
                    Math.max(tolerance, result.type() == DType.F16 ? 0x1p-9 : result.type() == DType.BF16 ? 0x1p-6 : 0);
        }
        return tolerance;
    }

    /** Reals within the domain that the table states, or -1 and 1; integers of a stated range, or 0 and 1. */
    private static Map<String, HostTensor> inputs(TensorProgram program, Map<String, String> domains, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, HostTensor> inputs = new TreeMap<>();
        for (TensorProgram.Declaration input : program.inputs()) {
            long[] shape = TensorMemory.extents(input.shape());
            int elements = HostTensor.zeros(input.type(), shape).elements();
            double[] range = range(
                    domains.getOrDefault(input.name(), ""),
                    input.type().isFloat() ? new double[] {-1, 1} : new double[] {0, 1});
            inputs.put(
                    input.name(),
                    input.type().isFloat()
                            ? HostTensor.ofReals(
                                    input.type(),
                                    random.doubles(elements, range[0], Math.nextUp(range[1]))
                                            .toArray(),
                                    shape)
                            : HostTensor.ofIntegers(
                                    input.type(),
                                    random.longs(elements, (long) range[0], (long) range[1] + 1)
                                            .toArray(),
                                    shape));
        }
        return inputs;
    }

    private static double[] range(String domain, double[] usual) {
        String[] ends = domain.split("\\.\\.", 2);
        try {
            return ends.length == 2 ? new double[] {Double.parseDouble(ends[0]), Double.parseDouble(ends[1])} : usual;
        } catch (NumberFormatException other) {
            return usual;
        }
    }

    private static Values values(String name, HostTensor tensor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(
                    Math.max(1, (long) tensor.elements() * tensor.type().bytes()), Long.BYTES);
            TensorMemory.write(tensor, LayoutMap.rowMajor(tensor.rank()), memory);
            return new Values(
                    name,
                    tensor.type().text(),
                    Base64.getEncoder().encodeToString(memory.toArray(ValueLayout.JAVA_BYTE)));
        }
    }
}
