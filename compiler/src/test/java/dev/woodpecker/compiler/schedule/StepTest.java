package dev.woodpecker.compiler.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.Golden;
import dev.woodpecker.compiler.TensorProduct;
import dev.woodpecker.compiler.TestKernels;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each step before and after, in the golden files {@code steps/}; and what each refuses. */
class StepTest {
    record Case(String name, TensorProgram program, List<Step> steps) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Case of(String name, TensorProgram program, Step... steps) {
        return new Case(name, program, List.of(steps));
    }

    static List<Case> cases() {
        return List.of(
                of("Split", Programs.increment(8, 64), new Split("j", Factor.of(16), Tail.EXACT)),
                of("Split-guard", Programs.increment(8, 50), new Split("j", Factor.of(16), Tail.GUARD)),
                of("Split-peel", Programs.increment(8, 50), new Split("j", Factor.of(16), Tail.PEEL)),
                of("Split-shift", Programs.increment(8, 50), new Split("j", Factor.of(16), Tail.SHIFT)),
                of("Split-pad", Programs.matmul(8, 50, 4), new Split("j", Factor.of(16), Tail.PAD)),
                of("Fuse", Programs.increment(8, 64), new Fuse("i", "j")),
                of("Reorder", Programs.matmul(8, 16, 4), new Reorder(List.of("k", "i", "j"))),
                of("Bind", Programs.increment(8, 64), new Bind("i", Loop.Binding.PARALLEL)),
                of("Inline", Programs.square(64), new Inline("t")),
                of("ComputeAt", Programs.square(64), new ComputeAt("t", "i", Scope.REGISTER)),
                of(
                        "CacheRead",
                        Programs.matmul(8, 64, 32),
                        new Split("k", Factor.of(16), Tail.EXACT),
                        new Reorder(List.of("k.o", "i", "j", "k.i")),
                        new CacheRead("b", "y", Optional.of("k.o"), Scope.SHARED)),
                of(
                        "CacheRead-whole",
                        Programs.matmul(8, 64, 32),
                        new CacheRead("b", "y", Optional.empty(), Scope.WORKSPACE)),
                of("CacheWrite", Programs.matmul(8, 64, 32), new CacheWrite("y", Scope.WORKSPACE)),
                of(
                        "Decompose",
                        Programs.matmul(8, 64, 32),
                        new Reorder(List.of("i", "k", "j")),
                        new Decompose("y", "k")),
                of(
                        "SplitReduction",
                        Programs.matmul(8, 64, 32),
                        new SplitReduction("y", "k", Factor.of(4), SplitReduction.Stretch.BLOCKED)),
                of(
                        "SplitReduction-interleaved",
                        Programs.matmul(8, 64, 50),
                        new SplitReduction("y", "k", Factor.of(16), SplitReduction.Stretch.INTERLEAVED)),
                of(
                        "Layout",
                        Programs.increment(8, 64),
                        new Layout("y", LayoutMap.rowMajor(2).blocked(1, 16))),
                of("Border-halo", Programs.window(8), new Border("x", "y", Border.Mode.HALO)),
                of("Border-peel", Programs.window(8), new Border("x", "y", Border.Mode.PEEL)),
                of("Vectorize", Programs.increment(8, 16), new Vectorize("j")),
                of("Unroll", Programs.increment(8, 4), new Unroll("j")),
                of(
                        "Prefetch",
                        Programs.matmul(8, 64, 32),
                        new Split("k", Factor.of(8), Tail.EXACT),
                        new Prefetch("b", "k.o")),
                of("Compact", Programs.strided(8), new Compact("x", "y")),
                of("Reindex", Programs.matmul(8, 64, 32), new Reindex("a", "y", List.of(List.of("i", "k")))),
                of("JoinReduction", Programs.rowSums(8, 7), new JoinReduction("y")),
                of("Transpose", Programs.matmul(8, 64, 32), new Transpose("b", "y", Transpose.toTheEnd(2, 0))),
                of(
                        "CombineLanes",
                        Programs.rowSums(8, 40),
                        new JoinReduction("y"),
                        new SplitReduction("y", "k", Factor.of(32), SplitReduction.Stretch.LANES),
                        new ComputeAt("y.partial", "i", Scope.SHARED),
                        new Bind("y.partial.k.part2", Loop.Binding.THREAD_X),
                        new CombineLanes("k.part")),
                of("Tensorize", tensorProduct(), upTo(Tensorize.class)),
                of("Pipeline", tensorProduct(), upTo(Pipeline.class)),
                of("Specialize", halves(), onHopper(halves(), 2)),
                of("Persist", halves(), persistent(3)),
                of("DivideLast", ATTENTION, AttentionProgram.upTo(DivideLast.class, ATTENTION)),
                of("Rolling", ATTENTION, AttentionProgram.upTo(Rolling.class, ATTENTION)));
    }

    private static TensorProgram halves() {
        return Specializer.specialize(
                TestKernels.MATMUL,
                Binding.of("k").tensor("a", DType.F16, 256, 256).tensor("b", DType.F16, 256, 128));
    }

    /** Groups of warps on Hopper, with a ring of so many buffers. */
    private static Step[] onHopper(TensorProgram program, long stages) {
        Map<String, Long> wanted = Map.of(
                "warpgroup", 1L, "rings", 1L, "split", 1L, "stages", stages, "block.rows", 128L, "block.columns", 64L);
        SpacePoint point = new ScheduleSpace(program, Target.parse("cuda:sm_90a"), Numerics.FP32, Map.of(), Set.of())
                .point(p -> wanted.getOrDefault(p.name().substring(p.name().indexOf('.') + 1), p.preferred()));
        return ((SpacePoint.Scheduled) point).trace().steps().toArray(Step[]::new);
    }

    /** The same by so many blocks for all tiles. */
    private static Step[] persistent(long blocks) {
        List<Step> steps = new ArrayList<>(List.of(onHopper(halves(), 2)));
        steps.add(new Persist("k.o", Factor.of(blocks)));
        return steps.toArray(Step[]::new);
    }

    private static final TensorProgram ATTENTION = AttentionProgram.of(70, 150, 32);

    private static TensorProgram tensorProduct() {
        return TensorProduct.program(TensorProduct.M, TensorProduct.N, TensorProduct.K);
    }

    /** The steps of the schedule for tensor cores up to the first one of this kind. */
    private static Step[] upTo(Class<? extends Step> kind) {
        List<Step> steps = TensorProduct.trace("y").steps();
        int last = IntStream.range(0, steps.size())
                .filter(i -> kind.isInstance(steps.get(i)))
                .findFirst()
                .orElseThrow();
        return steps.subList(0, last + 1).toArray(Step[]::new);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void beforeAndAfter(Case c) {
        LoopNest before = LoopNest.of(c.program, Numerics.FP32);
        LoopNest after = applied(Trace.of("test", c.steps).apply(before));
        String text = c.steps.stream().map(Step::toString).collect(Collectors.joining("\n")) + "\n\nbefore\n\n"
                + show(before) + "\nafter\n\n" + show(after);
        Golden.check("steps/" + c.name + ".txt", text);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tracesOfItRoundTrip(Case c) {
        Trace trace = Trace.of("test", c.steps);
        assertThat(TraceJson.parse(TraceJson.print(trace))).isEqualTo(trace);
    }

    @Test
    void rollingWantsTheSumDividedAtItsEndAndBlocksOfWholeTiles() {
        Step[] steps = AttentionProgram.upTo(Rolling.class, ATTENTION);
        LoopNest before = LoopNest.of(ATTENTION, Numerics.FP16);
        assertThat(new Rolling("y", "j", "mma_m16n8k16_f32_f16").apply(before, Map.of()))
                .isInstanceOfSatisfying(
                        Outcome.Rejection.class, r -> assertThat(r.reason()).contains("use DivideLast first"));
        LoopNest divided = applied(new DivideLast("y", DType.F16).apply(before, Map.of()));
        assertThat(new Rolling("y", "j", "mma_m16n8k16_f32_f16").apply(divided, Map.of()))
                .isInstanceOfSatisfying(
                        Outcome.Rejection.class, r -> assertThat(r.reason()).contains("whole tiles 16x8x16"));
        assertThat(steps[steps.length - 1].apply(LoopNest.of(ATTENTION, Numerics.STRICT), Map.of()))
                .isInstanceOf(Outcome.Rejection.class);
        assertThat(new DivideLast("y", DType.F16).apply(LoopNest.of(ATTENTION, Numerics.STRICT), Map.of()))
                .isInstanceOfSatisfying(
                        Outcome.Rejection.class, r -> assertThat(r.reason()).contains("strict"));
    }

    @Test
    void aRingWantsTwistedRowsOfATensorAsItIs() {
        Step[] steps = onHopper(halves(), 2);
        List<Step> before = List.of(steps).subList(0, steps.length - 1);
        LoopNest nest = applied(Trace.of("test", before).apply(LoopNest.of(halves(), Numerics.FP32)));
        assertThat(refusal(nest, new Specialize("k.o", Factor.of(1)))).contains("2 buffers or more");
        assertThat(refusal(nest, new Specialize("k", Factor.of(2)))).contains("there is no loop 'k'");
        assertThat(refusal(nest, new Specialize("lane", Factor.of(2)))).contains("already bound");
        assertThat(refusal(nest, new Specialize("k.i.o", Factor.of(2)))).contains("already bound to UNROLL");
        List<Step> ofNoGroup = before.subList(0, before.size() - 1);
        LoopNest withoutLanes = applied(Trace.of("test", ofNoGroup).apply(LoopNest.of(halves(), Numerics.FP32)));
        assertThat(refusal(withoutLanes, new Specialize("k.o", Factor.of(2)))).contains("those of a group among them");
    }

    @Test
    void tilesInTurnNeedARingAndMoreTilesThanBlocks() {
        Step[] steps = onHopper(halves(), 2);
        LoopNest nest = applied(Trace.of("test", List.of(steps)).apply(LoopNest.of(halves(), Numerics.FP32)));
        assertThat(refusal(nest, new Persist("k", Factor.of(2)))).contains("there is no loop 'k'");
        assertThat(refusal(nest, new Persist("k.i.o", Factor.of(2)))).contains("has no ring of buffers");
        assertThat(refusal(nest, new Persist("k.o", Factor.of(4)))).contains("of 4 tiles a grid of 4 blocks");
        LoopNest persistent = applied(new Persist("k.o", Factor.of(3)).apply(nest, Map.of()));
        assertThat(refusal(persistent, new Persist("k.o", Factor.of(2))))
                .contains("must be those over blocks, then those over threads");
    }

    private static String refusal(LoopNest nest, Step step) {
        return ((Outcome.Rejection) step.apply(nest, Map.of())).reason();
    }

    @Test
    void everyStepHasACase() {
        List<Class<?>> tried = cases().stream()
                .map(c -> (Class<?>) c.steps.getLast().getClass())
                .distinct()
                .collect(Collectors.toList());
        assertThat(tried).containsAll(Arrays.asList(Step.class.getPermittedSubclasses()));
    }

    @Test
    void aChoiceIsResolvedByItsDecision() {
        Step split = new Split("j", new Factor.Choice("tile.j", List.of(4L, 8L, 16L)), Tail.EXACT);
        Trace trace = Trace.of("test", List.of(split)).withDecisions(Map.of("tile.j", 8L));
        LoopNest nest = applied(trace.apply(LoopNest.of(Programs.increment(8, 64), Numerics.FP32)));
        assertThat(nest.loopNames()).containsExactly("i", "j.o", "j.i");
        assertThat(TraceJson.parse(TraceJson.print(trace))).isEqualTo(trace);
    }

    @Test
    void refusalsSayWhyAndWhatWouldFit() {
        assertThat(refusal(Programs.increment(8, 50), new Split("j", Factor.of(16), Tail.EXACT)))
                .contains("16 does not divide the extent of 'j'");
        assertThat(refusal(Programs.matmul(8, 8, 50), new Split("k", Factor.of(16), Tail.SHIFT)))
                .contains("a point of a reduction counts once");
        assertThat(refusal(Programs.increment(8, 50), new Split("q", Factor.of(16), Tail.EXACT)))
                .contains("there is no loop 'q'; loops are i, j");
        assertThat(refusal(Programs.matmul(8, 8, 8), new Fuse("j", "k"))).contains("a spatial and a reduction loop");
        assertThat(refusal(Programs.matmul(8, 8, 8), new Bind("k", Loop.Binding.PARALLEL)))
                .contains("reduction loop", "SplitReduction");
        LoopNest shifted = applied(new Split("i", Factor.of(5), Tail.SHIFT)
                .apply(LoopNest.of(Programs.increment(8, 8), Numerics.FP32), Map.of()));
        assertThat(((Outcome.Rejection) new Bind("i.o", Loop.Binding.PARALLEL).apply(shifted, Map.of())).reason())
                .contains("write the same elements");
        assertThat(refusal(Programs.increment(8, 8), new Bind("j", Loop.Binding.PARALLEL)))
                .contains("only an outermost loop can be parallel");
        assertThat(refusal(Programs.increment(8, 12), new Vectorize("j"))).contains("power of two");
        assertThat(refusal(Programs.square(8), new Inline("y"))).contains("is an output");
        assertThat(refusal(Programs.matmul(8, 8, 8), new Inline("y"))).contains("reduction");
        assertThat(refusal(Programs.increment(8, 8), new Layout("y", LayoutMap.rowMajor(3))))
                .contains("rank 3");
        assertThat(refusal(Programs.increment(8, 8), new Border("x", "y", Border.Mode.HALO)))
                .contains("reads nothing beyond");
        assertThat(refusal(
                        Programs.matmul(8, 8, 8),
                        new SplitReduction("y", "k", Factor.of(3), SplitReduction.Stretch.BLOCKED)))
                .contains("do not divide");
    }

    @Test
    void strictNumericsKeepTheOrderOfReductions() {
        LoopNest strict = LoopNest.of(Programs.matmul(8, 16, 32), Numerics.STRICT);
        Trace swap = Trace.of(
                "test",
                List.of(new Split("k", Factor.of(8), Tail.EXACT), new Reorder(List.of("k.i", "i", "j", "k.o"))));
        assertThat(((Outcome.Rejection) swap.apply(strict)).reason()).contains("axis order");
        assertThat(((Outcome.Rejection) new Vectorize("k").apply(strict, Map.of())).reason())
                .contains("axis order");
    }

    private static String refusal(TensorProgram program, Step step) {
        Outcome outcome = step.apply(LoopNest.of(program, Numerics.FP32), Map.of());
        assertThat(outcome).isInstanceOf(Outcome.Rejection.class);
        return ((Outcome.Rejection) outcome).reason();
    }

    private static LoopNest applied(Outcome outcome) {
        if (outcome instanceof Outcome.Rejection r) {
            throw new AssertionError(r.step() + ": " + r.reason());
        }
        return ((Outcome.Applied) outcome).nest();
    }

    private static String show(LoopNest nest) {
        return nest.buffers().values().stream().map(IrText::of).collect(Collectors.joining("\n")) + "\n"
                + IrText.of(nest.tree());
    }
}
