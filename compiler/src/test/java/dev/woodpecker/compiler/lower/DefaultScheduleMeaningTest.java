package dev.woodpecker.compiler.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.TestKernels;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.Binding.Argument.Dense;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.interp.KernelResult;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the default schedule makes of a program computes what the program does, on every target, in every numerics mode,
 * with and without the layouts that the schedule prefers. Elements are small whole numbers, so that sums are exact in any
 * order; the verifier proves, and the interpreter finds on the way, that nothing is read out of bounds or written twice.
 */
class DefaultScheduleMeaningTest {
    /** Functions beside + - * are expanded into arithmetic when a kernel is lowered. */
    private static final double TOLERANCE = 1e-5;

    private static final Map<String, LayoutMap> ROW_MAJOR = Map.of();

    record Case(
            String name, KernelSpec spec, Binding binding, String target, Numerics numerics, boolean preferredLayouts) {
        @Override
        public String toString() {
            return name + ", " + target + ", " + numerics.text() + (preferredLayouts ? ", preferred layouts" : "");
        }
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        kernels().forEach((name, kernel) -> {
            for (String target : List.of("cpu:x86-64-v4", "cpu:x86-64-v2", "cuda:sm_80")) {
                for (Numerics numerics : List.of(Numerics.STRICT, Numerics.FP32)) {
                    for (boolean preferred : new boolean[] {false, true}) {
                        cases.add(new Case(name, kernel.spec, kernel.binding, target, numerics, preferred));
                    }
                }
            }
        });
        return cases;
    }

    record Kernel(KernelSpec spec, Binding binding) {}

    static Map<String, Kernel> kernels() {
        Map<String, Kernel> kernels = new LinkedHashMap<>();
        kernels.put("conv 3x3, ragged", conv(DType.F32, new long[] {1, 17, 9, 11}, new long[] {19, 17, 3, 3}, 1, 1, 1));
        kernels.put(
                "conv 3x3, blocks of 16",
                conv(DType.F32, new long[] {1, 32, 14, 14}, new long[] {32, 32, 3, 3}, 1, 1, 1));
        kernels.put(
                "conv 1x1, stride 2", conv(DType.F32, new long[] {2, 16, 9, 9}, new long[] {32, 16, 1, 1}, 2, 0, 1));
        kernels.put(
                "conv 3x3, 3 channels", conv(DType.F32, new long[] {1, 3, 12, 12}, new long[] {16, 3, 3, 3}, 2, 1, 1));
        kernels.put("conv, 2 groups, fp16", conv(DType.F16, new long[] {2, 8, 9, 9}, new long[] {4, 4, 3, 3}, 2, 1, 2));
        kernels.put("conv, depthwise", conv(DType.F32, new long[] {1, 24, 10, 10}, new long[] {24, 1, 3, 3}, 1, 1, 24));
        kernels.put("matmul, ragged", matmul(37, 29, 45));
        kernels.put("matmul, even", matmul(64, 64, 64));
        kernels.put("matmul, a vector", matmul(1, 129, 70));
        kernels.put("softmax", new Kernel(TestKernels.SOFTMAX, Binding.of("k").tensor("x", DType.F32, 5, 100)));
        kernels.put(
                "layer norm",
                new Kernel(
                        TestKernels.LAYER_NORM,
                        Binding.of("k").tensor("x", DType.F32, 5, 33).tensor("scale", DType.F32, 33)));
        kernels.put(
                "gather",
                new Kernel(
                        TestKernels.GATHER,
                        Binding.of("k")
                                .tensor("data", DType.I8, 5, 7)
                                .tensor("indices", DType.I32, 3)
                                .integer("axis", 1)));
        kernels.put(
                "concat",
                new Kernel(
                        TestKernels.CONCAT,
                        Binding.of("k")
                                .tensors("xs", Dense.of(DType.F32, 2, 3), Dense.of(DType.F32, 2, 17))
                                .integer("axis", 1)));
        kernels.put(
                "sum, inner axes",
                new Kernel(
                        TestKernels.REDUCE_SUM,
                        Binding.of("k").tensor("x", DType.F32, 2, 3, 4, 5).ints("axes", 1, 3)));
        kernels.put(
                "sum, all axes",
                new Kernel(
                        TestKernels.REDUCE_SUM,
                        Binding.of("k").tensor("x", DType.F32, 20, 30).ints("axes", 0, 1)));
        kernels.put("arg max", new Kernel(TestKernels.ARG_MAX, Binding.of("k").tensor("x", DType.F32, 7, 30)));
        kernels.put(
                "average, ragged",
                new Kernel(
                        TestKernels.RAGGED_AVERAGE,
                        Binding.of("k").tensor("x", DType.F32, 40).integer("radius", 2)));
        kernels.put(
                "winograd",
                new Kernel(
                        TestKernels.WINOGRAD,
                        Binding.of("k").tensor("x", DType.F32, 40).tensor("w", DType.F32, 3)));
        kernels.put(
                "where, broadcast",
                new Kernel(
                        TestKernels.WHERE,
                        Binding.of("k")
                                .tensor("condition", DType.BOOL, 20, 1)
                                .tensor("x", DType.F16, 33)
                                .tensor("y", DType.F16)));
        kernels.put(
                "clip, int8",
                new Kernel(
                        TestKernels.CLIP,
                        Binding.of("k").tensor("x", DType.I8, 20, 33).tensor("max", DType.I8)));
        return kernels;
    }

    private static Kernel conv(DType type, long[] x, long[] w, long stride, long pad, long group) {
        Binding binding = Binding.of("k")
                .tensor("x", type, x)
                .tensor("w", type, w)
                .tensor("b", type, w[0])
                .ints("strides", stride, stride)
                .ints("pads", pad, pad, pad, pad)
                .integer("group", group);
        return new Kernel(TestKernels.CONVOLUTION, binding);
    }

    private static Kernel matmul(long m, long k, long n) {
        return new Kernel(
                TestKernels.MATMUL, Binding.of("k").tensor("a", DType.F32, m, k).tensor("b", DType.F32, k, n));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theLoweredKernelComputesWhatTheProgramDoes(Case c) {
        TensorProgram program = Specializer.specialize(c.spec, c.binding);
        Target target = Target.parse(c.target);
        Map<String, LayoutMap> layouts =
                c.preferredLayouts ? DefaultSchedule.preferredLayouts(program, target, c.numerics) : ROW_MAJOR;
        Map<String, String> shown = new HashMap<>();
        List<Finding> findings = new ArrayList<>();
        LoweredKernel kernel = Lowering.lower(
                program, DefaultSchedule.of(program, target, c.numerics, layouts), target, c.numerics, (pass, s) -> {
                    show(shown, pass, s);
                    if (pass.equals(target.isCuda() ? "insert barriers" : "place")) {
                        findings.addAll(Verifier.verify(program.name(), s, target));
                    }
                });
        assertThat(findings).as("%s", shown.get("place")).isEmpty();
        Map<String, HostTensor> inputs = inputs(program);
        Map<String, HostTensor> expected = Interpreter.run(program, inputs);
        KernelResult result = Interpreter.run(kernel, inputs);
        assertThat(result.status()).isZero();
        expected.forEach((name, tensor) -> assertThat(distance(tensor, result.output(name)))
                .as("greatest relative difference of %s%n%s", name, shown.get("place"))
                .isLessThanOrEqualTo(TOLERANCE));
    }

    private static void show(Map<String, String> shown, String pass, Stmt s) {
        shown.merge(pass, IrText.of(s), (a, b) -> a + "---\n" + b);
    }

    static Map<String, HostTensor> inputs(TensorProgram program) {
        Random random = new Random(3);
        Map<String, HostTensor> inputs = new HashMap<>();
        for (TensorProgram.Declaration d : program.inputs()) {
            long[] shape = d.shape().stream()
                    .mapToLong(e -> ((Expr.IntConst) e).value())
                    .toArray();
            int n = HostTensor.zeros(d.type(), shape).elements();
            if (d.type().isFloat()) {
                double[] values = random.ints(n, -4, 5).asDoubleStream().toArray();
                inputs.put(d.name(), HostTensor.ofReals(d.type(), values, shape));
            } else {
                long[] values =
                        random.longs(n, 0, d.type() == DType.BOOL ? 2 : 5).toArray();
                inputs.put(d.name(), HostTensor.ofIntegers(d.type(), values, shape));
            }
        }
        return inputs;
    }

    static double distance(HostTensor expected, HostTensor actual) {
        assertThat(actual.type()).isEqualTo(expected.type());
        assertThat(actual.shape()).isEqualTo(expected.shape());
        double greatest = 0;
        for (int i = 0; i < expected.elements(); i++) {
            double e = expected.type().isFloat() ? expected.real(i) : expected.integer(i);
            double a = expected.type().isFloat() ? actual.real(i) : actual.integer(i);
            double difference = Math.abs(e - a) / Math.max(1, Math.abs(e));
            greatest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(greatest, difference);
        }
        return greatest;
    }
}
