package dev.woodpecker.compiler.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.TensorProduct;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.ir.UnaryOp;
import dev.woodpecker.compiler.target.Numerics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What the steps for tensor cores refuse, and what they say would fit. */
class TensorizeTest {
    private static final TensorProgram PROGRAM = TensorProduct.program(19, 13, 40);
    private static final Step TENSORIZE = new Tensorize("m.i", TensorProduct.PRODUCT);

    @Test
    void onlyInstructionsOfTheTable() {
        assertThat(refusal(PROGRAM, steps(PROGRAM), new Tensorize("m.i", "mma_m8n8k4")))
                .isEqualTo("there is no matrix product 'mma_m8n8k4'; there are mma_m16n8k16_f32_f16,"
                        + " mma_m16n8k8_f32_f16, mma_m16n8k16_f32_bf16, mma_m16n8k8_f32_tf32, "
                        + "mma_m16n8k32_i32_u8_s8, mma_m16n8k32_i32_s8_u8, wgmma_m64n256k16_f32_f16_kk,"
                        + " wgmma_m64n256k16_f32_bf16_kk, wgmma_m64n128k16_f32_f16_kk, wgmma_m64n128k16_f32_bf16_kk,"
                        + " wgmma_m64n64k16_f32_f16_kk, wgmma_m64n64k16_f32_bf16_kk");
    }

    @Test
    void strictNumericsKeepTheOrderOfSums() {
        LoopNest strict = LoopNest.of(PROGRAM, Numerics.STRICT);
        assertThat(((Outcome.Rejection) TENSORIZE.apply(strict, Map.of())).reason())
                .isEqualTo("strict numerics sum in axis order, mma_m16n8k16_f32_f16 in an order of its own");
    }

    @Test
    void theLoopsAreTheExtentsOfTheInstruction() {
        assertThat(refusal(PROGRAM, steps(PROGRAM), new Tensorize("k.o", TensorProduct.PRODUCT)))
                .contains("must be three perfectly nested loops over rows, columns and depth");
        TensorProgram small = TensorProduct.program(12, 13, 40);
        assertThat(refusal(small, steps(small), TENSORIZE))
                .isEqualTo("the extents of [m.i, n.i, k.i] must be those of mma_m16n8k16_f32_f16, 16x8x16; split with"
                        + " GUARD or PAD");
        List<Step> swapped = changed(s -> s instanceof Reorder
                ? new Reorder(List.of("m.o", "n.o", "k.o", "m.i", "k.i", "n.i"))
                : s instanceof Split split && split.loop().equals("n")
                        ? new Split("n", Factor.of(16), Tail.PAD)
                        : s instanceof Split split && split.loop().equals("k")
                                ? new Split("k", Factor.of(8), Tail.GUARD)
                                : s);
        assertThat(refusal(PROGRAM, swapped, TENSORIZE))
                .isEqualTo("two spatial loops and a reduction loop inside them are a tile; 'k.i' is a reduction loop");
        List<Step> unrolled = new ArrayList<>(steps(PROGRAM));
        unrolled.add(new Unroll("n.i"));
        assertThat(refusal(PROGRAM, unrolled, TENSORIZE)).isEqualTo("'n.i' is already bound to UNROLL or peeled");
    }

    @Test
    void operandsLieInSharedMemory() {
        List<Step> global = changed(s -> s instanceof CacheRead c && c.tensor().equals("b")
                ? new CacheRead("b", "y", Optional.empty(), Scope.WORKSPACE)
                : s);
        List<Step> uncopied =
                global.stream().filter(s -> !s.toString().contains("b.cache")).toList();
        assertThat(refusal(PROGRAM, uncopied, TENSORIZE))
                .isEqualTo("'b.cache' is not in shared memory; use CacheRead with SHARED inside the loop around");
    }

    @Test
    void operandsHaveTheTypesOfTheInstruction() {
        TensorProgram single = retyped(DType.F32);
        assertThat(refusal(single, steps(single), TENSORIZE))
                .isEqualTo("'a.cache' holds f32; mma_m16n8k16_f32_f16 multiplies f16");
    }

    @Test
    void operandsThatGoAlongTheirSideAreZeroBeyondTheDepth() {
        TensorProgram transposed = reindexed(read -> read.tensor().equals("b")
                ? new Expr.Read(
                        "b",
                        read.type(),
                        List.of(read.indices().get(1), read.indices().get(0)),
                        Optional.empty(),
                        read.origin())
                : read);
        assertThat(refusal(transposed, steps(transposed), TENSORIZE))
                .isEqualTo("the operands are not zero where the condition on the depth does not hold");
    }

    @Test
    void whatIsSummedIsAProduct() {
        Stage y = PROGRAM.stage("y").orElseThrow();
        Stage.Reduction sum = y.reduction().orElseThrow();
        Expr negated = new Expr.Unary(UnaryOp.NEG, sum.body());
        TensorProgram other = PROGRAM.withStages(List.of(new Stage(
                y.name(),
                y.type(),
                y.axes(),
                Optional.of(new Stage.Reduction(sum.op(), sum.type(), sum.axes(), negated)),
                y.element(),
                y.origin())));
        assertThat(refusal(other, steps(other), TENSORIZE))
                .isEqualTo("'y' does not sum products of two tensors, widened to f32");
    }

    @Test
    void aDecomposedReductionComesTooLate() {
        List<Step> decomposed = new ArrayList<>(steps(PROGRAM));
        decomposed.add(new Decompose("y", "k.o"));
        String reason = refusal(PROGRAM, decomposed, TENSORIZE);
        assertThat(reason).contains("three perfectly nested loops");
    }

    @Test
    void lanesAreThreadsInX() {
        List<Step> unbound = steps(PROGRAM).stream()
                .filter(s -> !(s instanceof Bind b && b.binding().isBlock()))
                .toList();
        assertThat(refusal(PROGRAM, unbound, TENSORIZE))
                .isEqualTo("no loop around is bound to blocks; bind the loops over tiles first");
        List<Step> taken = changed(
                s -> s instanceof Bind b && b.loop().equals("n.o") ? new Bind("n.o", Loop.Binding.THREAD_X) : s);
        assertThat(refusal(PROGRAM, taken, TENSORIZE))
                .isEqualTo("'n.o' is bound to THREAD_X, which is the 32 lanes of a warp; bind it to THREAD_Y, or split"
                        + " it");
    }

    @Test
    void aPipelineHasCopiesAndIterations() {
        List<Step> tensorized = new ArrayList<>(steps(PROGRAM));
        tensorized.add(TENSORIZE);
        assertThat(refusal(PROGRAM, tensorized, new Pipeline("k.o", Factor.of(1))))
                .isEqualTo("a pipeline has 2 stages or more, not 1");
        assertThat(refusal(PROGRAM, tensorized, new Pipeline("k.o", Factor.of(4))))
                .isEqualTo("a pipeline of 4 stages needs a loop of a constant extent of 4 or more; that of 'k.o' is 3");
        assertThat(refusal(PROGRAM, steps(PROGRAM), new Pipeline("k.o", Factor.of(2))))
                .isEqualTo("threads make the copies; no loop around 'k.o' is bound to threads");
        assertThat(refusal(PROGRAM, tensorized, new Pipeline("m.i", Factor.of(2))))
                .isEqualTo("'m.i' is already bound to TENSOR or peeled");
        List<Step> twice = new ArrayList<>(tensorized);
        twice.add(new Pipeline("k.o", Factor.of(2)));
        assertThat(refusal(PROGRAM, twice, new Pipeline("k.o", Factor.of(2))))
                .isEqualTo("'k.o' is already bound to SERIAL or peeled");
    }

    @Test
    void whatNoInstructionCopiesIsPipelinedToo() {
        TensorProgram odd = TensorProduct.program(19, 13, 44);
        List<Step> unaligned = new ArrayList<>(steps(odd));
        unaligned.add(TENSORIZE);
        unaligned.add(new Pipeline("k.o", Factor.of(2)));
        assertThat(Trace.of("test", unaligned).apply(LoopNest.of(odd, Numerics.FP32)))
                .isInstanceOf(Outcome.Applied.class);
        List<Step> single = new ArrayList<>(
                steps(PROGRAM).stream().filter(s -> !(s instanceof Vectorize)).toList());
        single.add(TENSORIZE);
        single.add(new Pipeline("k.o", Factor.of(2)));
        assertThat(Trace.of("test", single).apply(LoopNest.of(PROGRAM, Numerics.FP32)))
                .isInstanceOf(Outcome.Applied.class);
    }

    @Test
    void aPieceOfFourBytesIsOneToo() {
        TensorProgram even = TensorProduct.program(19, 13, 38);
        List<Step> steps = new ArrayList<>(changed(
                s -> s instanceof Split split && split.loop().endsWith(".a1")
                        ? new Split(split.loop(), Factor.of(2), Tail.EXACT)
                        : s instanceof Bind bind && bind.binding() == Loop.Binding.THREAD_X
                                ? new Split(bind.loop(), Factor.of(32), Tail.EXACT)
                                : s));
        steps.add(new Bind("a.cache.a0_a.cache.a1.o.i", Loop.Binding.THREAD_X));
        steps.add(new Bind("b.cache.a0_b.cache.a1.o.i", Loop.Binding.THREAD_X));
        steps.add(TENSORIZE);
        steps.add(new Pipeline("k.o", Factor.of(2)));
        assertThat(Trace.of("test", steps).apply(LoopNest.of(even, Numerics.FP32)))
                .isInstanceOf(Outcome.Applied.class);
    }

    /** The schedule of the product without its last two steps. */
    private static List<Step> steps(TensorProgram program) {
        List<Step> all = TensorProduct.trace(program.outputs().getFirst()).steps();
        return all.subList(0, all.size() - 2);
    }

    private static List<Step> changed(UnaryOperator<Step> change) {
        return steps(PROGRAM).stream().map(change).toList();
    }

    private static TensorProgram reindexed(UnaryOperator<Expr.Read> change) {
        Stage y = PROGRAM.stage("y").orElseThrow();
        return PROGRAM.withStages(List.of(Stages.mapReads(y, change::apply)));
    }

    private static TensorProgram retyped(DType type) {
        Stage y = PROGRAM.stage("y").orElseThrow();
        List<TensorProgram.Declaration> inputs = PROGRAM.inputs().stream()
                .map(i -> new TensorProgram.Declaration(i.name(), type, i.shape()))
                .toList();
        Stage changed = Stages.mapReads(y, r -> new Expr.Read(r.tensor(), type, r.indices(), r.outside(), r.origin()));
        return new TensorProgram(PROGRAM.name(), inputs, List.of(changed), PROGRAM.outputs());
    }

    private static String refusal(TensorProgram program, List<Step> before, Step step) {
        Outcome reached = Trace.of("test", before).apply(LoopNest.of(program, Numerics.FP32));
        assertThat(reached).isInstanceOf(Outcome.Applied.class);
        Outcome outcome = step.apply(((Outcome.Applied) reached).nest(), Map.of());
        assertThat(outcome).isInstanceOf(Outcome.Rejection.class);
        return ((Outcome.Rejection) outcome).reason();
    }
}
