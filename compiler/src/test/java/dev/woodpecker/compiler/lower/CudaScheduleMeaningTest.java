package dev.woodpecker.compiler.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.TestKernels;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.interp.InterpreterException;
import dev.woodpecker.compiler.interp.KernelResult;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Persist;
import dev.woodpecker.compiler.schedule.Step;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The default schedules for a GPU where they differ from others: which units they compute on, and that ragged shapes come
 * out right. Elements are small whole numbers, exact in every type, so that sums are exact in any order.
 */
class CudaScheduleMeaningTest {
    private static final Target SM_80 = Target.parse("cuda:sm_80");

    /** @param has what must be in the text */
    record Case(String name, KernelSpec spec, Binding binding, Numerics numerics, List<String> has) {
        @Override
        public String toString() {
            return name + ", " + numerics.text();
        }
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (DType type : List.of(DType.F16, DType.BF16)) {
            String mma = "mma_m16n8k16_f32_" + type.text();
            List<String> all = List.of(mma + "(", "ldmatrix_x4(", "ldmatrix_x2_trans(");
            cases.add(new Case(
                    "matmul " + type.text(), TestKernels.MATMUL, matmul(type, 40, 48, 56), Numerics.FP32, all));
            cases.add(new Case(
                    "ragged " + type.text(), TestKernels.MATMUL, matmul(type, 37, 45, 29), Numerics.FP32, all));
        }
        cases.add(new Case(
                "conv f16",
                TestKernels.CONVOLUTION,
                convolution(DType.F16, 8, 9, 16, 3),
                Numerics.FP32,
                List.of("mma_m16n8k16_f32_f16(", "ldmatrix_x2_trans(")));
        cases.add(new Case(
                "matmul",
                TestKernels.MATMUL,
                matmul(DType.F32, 37, 45, 29),
                Numerics.TF32,
                List.of("mma_m16n8k8_f32_tf32(", "tf32_from_f32(", "cp_async_4(")));
        cases.add(new Case(
                "matmul",
                TestKernels.MATMUL,
                matmul(DType.F32, 40, 48, 56),
                Numerics.FP32,
                List.of("cp_async_16(", "load_f32x4(", "store_f32x4(", "#pragma unroll")));
        cases.add(new Case(
                "conv",
                TestKernels.CONVOLUTION,
                convolution(DType.F32, 5, 11, 13, 3),
                Numerics.FP32,
                List.of("cp_async_4(", "load_f32x4(")));
        cases.add(new Case(
                "a long reduction is split",
                TestKernels.MATMUL,
                matmul(DType.F32, 16, 2048, 16),
                Numerics.FP32,
                List.of("out_partial", "k_1(", "k_2(")));
        cases.add(new Case(
                "softmax, a warp",
                TestKernels.SOFTMAX,
                Binding.of("k").tensor("x", DType.F32, 5, 100),
                Numerics.FP32,
                List.of("__launch_bounds__(32)", "shfl_xor_16_f32(", "load_f32x4(")));
        cases.add(new Case(
                "softmax, a block",
                TestKernels.SOFTMAX,
                Binding.of("k").tensor("x", DType.F32, 3, 1501),
                Numerics.FP32,
                List.of("__launch_bounds__(256)", "shfl_xor_16_f32(", "_warps[")));
        cases.add(new Case(
                "sum over several axes",
                TestKernels.REDUCE_SUM,
                Binding.of("k").tensor("x", DType.F32, 3, 7, 20).ints("axes", 1, 2),
                Numerics.FP32,
                List.of("shfl_xor_16_f32(")));
        return cases;
    }

    private static String body(KernelSource source) {
        assertThat(source.text()).startsWith(Dialect.CUDA.prelude());
        return source.text().substring(Dialect.CUDA.prelude().length());
    }

    private static Binding matmul(DType type, long m, long k, long n) {
        return Binding.of("k").tensor("a", type, m, k).tensor("b", type, k, n);
    }

    private static Binding convolution(DType type, long channels, long size, long outputs, long kernel) {
        return Binding.of("k")
                .tensor("x", type, 2, channels, size, size)
                .tensor("w", type, outputs, channels, kernel, kernel)
                .tensor("b", type, outputs)
                .ints("strides", 1, 1)
                .ints("pads", 1, 1, 1, 1)
                .integer("group", 1);
    }

    /** Ragged tiles in twisted rows; products of one stretch of the reduction run into the next. */
    @ParameterizedTest
    @CsvSource({"F16, 70, 200, 72, wgmma_m64n64k16_f32_f16_km", "BF16, 66, 136, 40, wgmma_m64n128k16_f32_bf16_km"})
    void groupsOfWarpsMultiplyOnHopper(DType type, long m, long k, long n, String product) {
        TensorProgram program = Specializer.specialize(TestKernels.MATMUL, matmul(type, m, k, n));
        KernelSource source = onHopper(program, product, 0);
        assertThat(body(source))
                .contains(
                        product + "(",
                        "cp_async_16(",
                        "fence_proxy_async();",
                        "wgmma_fence();",
                        "wgmma_commit();",
                        "wgmma_wait_0();")
                .doesNotContain("ldmatrix");
        assertThat(Verifier.verify(source.lowered()).stream().filter(f -> f.kind() == Finding.Kind.RESOURCES))
                .isEmpty();
        Map<String, HostTensor> inputs = DefaultScheduleMeaningTest.inputs(program);
        KernelResult result = Interpreter.run(source.lowered(), inputs);
        Interpreter.run(program, inputs)
                .forEach((name, tensor) -> assertThat(DefaultScheduleMeaningTest.distance(tensor, result.output(name)))
                        .isLessThanOrEqualTo(1e-5));
    }

    /** Threads that copy boxes and threads that multiply run in turns, as far as the barriers of the ring let them. */
    @ParameterizedTest
    @CsvSource("F16, 70, 264, 40, wgmma_m64n64k16_f32_f16_km")
    void aGroupOfItsOwnCopiesOnHopper(DType type, long m, long k, long n, String product) {
        TensorProgram program = Specializer.specialize(TestKernels.MATMUL, matmul(type, m, k, n));
        KernelSource source = onHopper(program, product, 1);
        assertThat(body(source))
                .contains(
                        product + "(",
                        "const __grid_constant__ TensorMap a_map_128x64",
                        "tma_load_2d(",
                        "mbarrier_expect_tx(",
                        "mbarrier_arrive(")
                .doesNotContain("cp_async");
        Map<String, HostTensor> inputs = DefaultScheduleMeaningTest.inputs(program);
        KernelResult result = Interpreter.run(source.lowered(), inputs);
        Interpreter.run(program, inputs)
                .forEach((name, tensor) -> assertThat(DefaultScheduleMeaningTest.distance(tensor, result.output(name)))
                        .isLessThanOrEqualTo(1e-5));
    }

    /** Six tiles of four blocks: five stretches of each go through three buffers, in the second turn from the third on. */
    @Test
    void blocksGoFromTileToTileOnHopper() {
        TensorProgram program = Specializer.specialize(TestKernels.MATMUL, matmul(DType.F16, 140, 264, 136));
        LoweredKernel kernel = persistent(program, 4);
        assertThat(Verifier.verify(kernel)).isEmpty();
        Map<String, HostTensor> inputs = DefaultScheduleMeaningTest.inputs(program);
        KernelResult result = Interpreter.run(kernel, inputs);
        Interpreter.run(program, inputs)
                .forEach((name, tensor) -> assertThat(DefaultScheduleMeaningTest.distance(tensor, result.output(name)))
                        .isLessThanOrEqualTo(1e-5));
    }

    private static LoweredKernel persistent(TensorProgram program, long blocks) {
        KernelSource source = onHopper(program, "wgmma_m64n64k16_f32_f16_km", 1);
        List<Step> steps = new ArrayList<>(source.trace().steps());
        steps.add(new Persist("k.o", Factor.of(blocks)));
        return Lowering.lower(
                program, Trace.of("persistent", steps), source.lowered().target(), Numerics.FP32);
    }

    /** Two that wait for each other: the interpreter says for what. */
    @Test
    void aBufferThatIsNeverGivenBackIsADeadlock() {
        TensorProgram program = Specializer.specialize(TestKernels.MATMUL, matmul(DType.F16, 64, 200, 64));
        LoweredKernel kernel =
                onHopper(program, "wgmma_m64n64k16_f32_f16_km", 1).lowered();
        LoweredKernel.Phase phase = kernel.phases().getFirst();
        Stmt broken = phase.body()
                .rewrite(
                        s -> s instanceof Stmt.Ring ring && ring.action() == Stmt.Ring.Action.ARRIVE
                                ? Stmt.seq(List.of())
                                : s,
                        e -> e);
        LoweredKernel wrong = new LoweredKernel(
                kernel.name(),
                kernel.target(),
                kernel.numerics(),
                kernel.arguments(),
                kernel.parameters(),
                List.of(new LoweredKernel.Phase(
                        phase.symbol(), phase.extent(), phase.scratchBytes(), phase.launch(), broken)),
                kernel.checks());
        assertThatThrownBy(() -> Interpreter.run(wrong, DefaultScheduleMeaningTest.inputs(program)))
                .isInstanceOf(InterpreterException.class)
                .hasMessageContaining("deadlock: thread 0 of block")
                .hasMessageContaining("which misses 1 arrivals and 0 bytes");
    }

    /** A box is as good as a store of all its elements: what would write elsewhere, twice, or twisted otherwise is found. */
    @Test
    void boxesAreProved() {
        TensorProgram program = Specializer.specialize(TestKernels.MATMUL, matmul(DType.F16, 70, 264, 40));
        Stmt phase = onHopper(program, "wgmma_m64n64k16_f32_f16_km", 1)
                .lowered()
                .phases()
                .getFirst()
                .body();
        assertThat(boxFindings(phase, c -> c)).isEmpty();
        assertThat(boxFindings(phase, c -> box(c, add(c.toIndices().getFirst(), 512), c.slot())))
                .anyMatch(f -> f.startsWith("BOUNDS a.tile: index ") && f.contains(" is not shown to lie in 0..24576"));
        assertThat(boxFindings(phase, c -> box(c, add(c.toIndices().getFirst(), -64), c.slot())))
                .anyMatch(f -> f.startsWith("BOUNDS a.tile: a box to ")
                        && f.endsWith(" is not shown to start at a multiple of 512 elements"));
        assertThat(boxFindings(phase, c -> box(c, c.toIndices().getFirst(), add(c.slot(), 1))))
                .anyMatch(f -> f.startsWith("BOUNDS k.o.full: index ") && f.contains(" is not shown to lie in 0..3"));
        Stmt byAll = phase.rewrite(
                s -> s instanceof Stmt.If(Expr _, Stmt then, var otherwise)
                                && otherwise.isEmpty()
                                && then.anyMatch(Stmt.TileCopy.class::isInstance)
                        ? then
                        : s,
                e -> e);
        assertThat(boxFindings(byAll, c -> c)).anyMatch(f -> f.startsWith("WRITERS a.tile: "));
    }

    private static Stmt.TileCopy box(Stmt.TileCopy copy, Expr to, Expr slot) {
        return new Stmt.TileCopy(
                copy.to(), List.of(to), copy.from(), copy.fromIndices(), copy.box(), copy.barriers(), slot);
    }

    private static Expr add(Expr e, long number) {
        return IndexMath.add(e, Expr.index(number));
    }

    private static List<String> boxFindings(Stmt phase, UnaryOperator<Stmt.TileCopy> fault) {
        Stmt faulty = phase.rewrite(s -> s instanceof Stmt.TileCopy copy ? fault.apply(copy) : s, e -> e);
        return Verifier.verify("matmul", faulty, Target.parse("cuda:sm_90a")).stream()
                .map(f -> f.kind() + " " + f.buffer() + ": " + f.message())
                .toList();
    }

    /** The schedule whose instruction has so many columns. */
    private static KernelSource onHopper(TensorProgram program, String product, long rings) {
        Target target = Target.parse("cuda:sm_90a");
        long columns = Long.parseLong(product.replaceAll(".*n(\\d+)k.*", "$1"));
        Map<String, Long> wanted = Map.of(
                "warpgroup",
                1L,
                "rings",
                rings,
                "split",
                1L,
                "stages",
                3L,
                "block.rows",
                128L,
                "block.columns",
                columns);
        SpacePoint point = new ScheduleSpace(program, target, Numerics.FP32, Map.of(), Set.of())
                .point(p -> wanted.getOrDefault(p.name().substring(p.name().indexOf('.') + 1), p.preferred()));
        return KernelSource.of(program, ((SpacePoint.Scheduled) point).trace(), target, Numerics.FP32);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void itComputesWhatTheProgramDoes(Case c) {
        TensorProgram program = Specializer.specialize(c.spec, c.binding);
        KernelSource source = KernelSource.of(program, SM_80, c.numerics);
        assertThat(body(source)).contains(c.has);
        assertThat(Verifier.verify(source.lowered()).stream().filter(f -> f.kind() == Finding.Kind.RESOURCES))
                .isEmpty();
        Map<String, HostTensor> inputs = DefaultScheduleMeaningTest.inputs(program);
        Map<String, HostTensor> expected = Interpreter.run(program, inputs);
        KernelResult result = Interpreter.run(source.lowered(), inputs);
        expected.forEach((name, tensor) -> assertThat(DefaultScheduleMeaningTest.distance(tensor, result.output(name)))
                .isLessThanOrEqualTo(1e-5));
    }

    /** NHWC: channels are along memory, so that operands are copied 16 bytes at a time. */
    @Test
    void aConvolutionWithChannelsLastCopiesChannels() {
        TensorProgram program = Specializer.specialize(TestKernels.CONVOLUTION, convolution(DType.F32, 16, 9, 16, 3));
        LayoutMap channelsLast = LayoutMap.permuted(0, 2, 3, 1);
        Map<String, LayoutMap> layouts = Map.of("x", channelsLast, "w", channelsLast, "out", channelsLast);
        KernelSource source = KernelSource.of(
                program, DefaultSchedule.of(program, SM_80, Numerics.FP32, layouts), SM_80, Numerics.FP32);
        assertThat(body(source)).contains("cp_async_16(").doesNotContain("cp_async_4(");
        Map<String, HostTensor> inputs = DefaultScheduleMeaningTest.inputs(program);
        KernelResult result = Interpreter.run(source.lowered(), inputs);
        Interpreter.run(program, inputs)
                .forEach((name, tensor) -> assertThat(DefaultScheduleMeaningTest.distance(tensor, result.output(name)))
                        .isZero());
    }

    /** Rounding that numerics do not allow is refused, so that fp32 stays on the units that have it. */
    @Test
    void singlePrecisionIsNotRoundedUnlessAskedFor() {
        TensorProgram program = Specializer.specialize(TestKernels.MATMUL, matmul(DType.F32, 40, 48, 56));
        for (Numerics numerics : List.of(Numerics.STRICT, Numerics.FP32)) {
            assertThat(body(KernelSource.of(program, SM_80, numerics))).doesNotContain("mma_", "tf32_from_f32");
        }
    }
}
