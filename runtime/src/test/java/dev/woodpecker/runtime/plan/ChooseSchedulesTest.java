package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.Step;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ChooseSchedulesTest {
    private static final Target TARGET = Target.parse("cpu:x86-64-v4");
    private static final LayoutMap BLOCKED = LayoutMap.rowMajor(4).blocked(1, 16);
    private static final LayoutMap PACKED = LayoutMap.permuted(1, 2, 3, 0);
    private static final LayoutMap OTHERWISE_PACKED = LayoutMap.permuted(2, 3, 1, 0);

    /** What is known of every convolution, and what it was told could not be followed. */
    private record Known(String variant, List<Step> more, List<String> refused) implements Schedules {
        @Override
        public List<Choice> of(TunableKernel kernel) {
            if (!kernel.operator().equals("Conv")) {
                return List.of();
            }
            TunableKernel.Alternative alternative = kernel.alternatives().stream()
                    .filter(a -> a.variant().equals(variant))
                    .findFirst()
                    .orElse(kernel.first());
            Trace trace = DefaultSchedule.of(new ScheduleSpace(
                    alternative.program(), TARGET, Numerics.FP32, kernel.layouts(), alternative.constants()));
            List<Step> steps = new ArrayList<>(more);
            trace.steps().stream()
                    .filter(step -> more.isEmpty() || !(step instanceof Layout(String t, LayoutMap _) && t.equals("w")))
                    .forEach(steps::add);
            return List.of(new Choice(variant, new Trace(trace.sketch(), steps, trace.decisions()), "here"));
        }

        @Override
        public void unfit(TunableKernel kernel, Choice choice, String reason) {
            refused.add(reason);
        }
    }

    private static KernelGraph laidOut() {
        return laidOut(32, 8);
    }

    private static KernelGraph laidOut(int channels, int size) {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 1, channels, size, size)
                .weights("w", channels, channels, 3, 3)
                .node("conv1", "Conv", "x w", "c", "group", 1, "pads", new long[] {1, 1, 1, 1})
                .node("relu1", "Relu", "c", "y")
                .outputs("y");
        KernelGraph kernels = FuseKernels.apply(TestKernelGraphs.withVariants(graph));
        return AssignLayouts.apply(
                HoistConstantStages.apply(kernels),
                program -> program.name().startsWith("conv2d")
                        ? Map.of("x", BLOCKED, "w", PACKED, "out", BLOCKED)
                        : Map.of());
    }

    private static String running(KernelGraph graph) {
        return new KernelGraph(
                        graph.inputs(),
                        graph.constants(),
                        PlanParts.of(graph).running(),
                        graph.outputs(),
                        graph.types(),
                        graph.layouts())
                .toString();
    }

    @Test
    void aKernelIsTunableInAllVariantsThatItsShapesAllow() {
        TunableKernel conv = TunableKernels.of(laidOut()).stream()
                .filter(kernel -> kernel.operator().equals("Conv"))
                .findFirst()
                .orElseThrow();
        assertThat(conv.alternatives())
                .extracting(TunableKernel.Alternative::variant)
                .containsExactly("direct", "im2col", "winograd2", "winograd4");
        assertThat(conv.constants()).containsExactly("w");
        assertThat(conv.layouts()).isEqualTo(Map.of("x", BLOCKED, "out", BLOCKED));
        assertThat(conv.first().preparation()).isEmpty();
        assertThat(conv.first().constants()).containsExactly("w");
        TunableKernel.Alternative winograd = conv.alternatives().getLast();
        assertThat(winograd.preparation().orElseThrow().inputs())
                .extracting(input -> input.name())
                .containsExactly("w");
        assertThat(winograd.constants())
                .containsExactlyElementsOf(winograd.preparation().orElseThrow().outputs());
        assertThat(winograd.program().outputs())
                .isEqualTo(conv.first().program().outputs());
        assertThat(winograd.program().name()).isEqualTo("tilesOf4_relu");
    }

    @Test
    void equalKernelsAreOneAndAreCounted() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 1, 32, 8, 8)
                .weights("w", 32, 32, 1, 1)
                .weights("v", 32, 32, 1, 1)
                .node("conv1", "Conv", "x w", "c", "group", 1)
                .node("conv2", "Conv", "c v", "y", "group", 1)
                .outputs("y");
        assertThat(TunableKernels.of(TestKernelGraphs.of(graph)))
                .singleElement()
                .returns(2, TunableKernel::count)
                .returns("conv1", TunableKernel::node);
    }

    @Test
    void anotherVariantTakesThePlaceOfTheDefaultWithItsWeightsPrepared() {
        Known winograd = new Known("winograd4", List.of(), new ArrayList<>());
        KernelGraph chosen = ChooseSchedules.apply(laidOut(), winograd, TARGET, Numerics.FP32, _ -> Optional.empty());
        assertThat(winograd.refused()).isEmpty();
        assertThat(running(chosen)).contains("= tilesOf4_relu(").doesNotContain("conv2d");
        assertThat(PlanParts.of(chosen).fixedKernels())
                .extracting(kernel -> kernel.program().name())
                .contains("tilesOf4_relu_weights");
    }

    @Test
    void whereNothingWasMeasuredTheAlgorithmOfFewestMultiplicationsIsTaken() {
        KernelGraph chosen = ChooseSchedules.apply(
                laidOut(64, 56), Schedules.DEFAULTS, TARGET, Numerics.FP32, _ -> Optional.empty());
        assertThat(running(chosen)).contains("= tilesOf4_relu(").doesNotContain("conv2d");
        assertThat(PlanParts.of(chosen).running())
                .filteredOn(Operation.Kernel.class::isInstance)
                .extracting(kernel -> ((Operation.Kernel) kernel).implementation())
                .contains("winograd4, default");
    }

    @Test
    void transformedWeightsThatTakeLongerToReadThanTheSumsThatTheySaveAreNotTaken() {
        KernelGraph graph = laidOut(512, 7);
        KernelGraph chosen =
                ChooseSchedules.apply(graph, Schedules.DEFAULTS, TARGET, Numerics.FP32, _ -> Optional.empty());
        assertThat(chosen.toString()).isEqualTo(graph.toString());
    }

    @Test
    void weightsArePackedAsTheTraceWantsThem() {
        Known packed = new Known("direct", List.of(new Layout("w", OTHERWISE_PACKED)), new ArrayList<>());
        KernelGraph chosen = ChooseSchedules.apply(laidOut(), packed, TARGET, Numerics.FP32, _ -> Optional.empty());
        assertThat(packed.refused()).isEmpty();
        assertThat(chosen.toString()).contains("as 2,3,1,0 = copy(w)");
        assertThat(running(chosen)).contains("w packed as 2,3,1,0");
    }

    @Test
    void aTraceThatDoesNotFitIsRefusedAndTheDefaultTaken() {
        Known known = new Known("winograd4", List.of(), new ArrayList<>());
        KernelGraph defaults = laidOut();
        KernelGraph chosen =
                ChooseSchedules.apply(defaults, known, TARGET, Numerics.FP32, _ -> Optional.of("step 3 does not fit"));
        assertThat(chosen.toString()).isEqualTo(defaults.toString());
        assertThat(known.refused()).containsExactly("step 3 does not fit");
    }

    @Test
    void aVariantThatTheKernelDoesNotHaveIsRefused() {
        Known known = new Known("fft", List.of(), new ArrayList<>());
        ChooseSchedules.apply(laidOut(), known, TARGET, Numerics.FP32, _ -> Optional.empty());
        assertThat(known.refused()).containsExactly("there is no variant 'fft' of it");
    }
}
