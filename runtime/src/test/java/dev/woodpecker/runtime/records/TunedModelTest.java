package dev.woodpecker.runtime.records;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.schedule.Step;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Difference;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.TunableModel;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Shape;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.plan.TunableKernel;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Source;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model with records computes what it computes without, by the kernels that the records say. */
class TunedModelTest {
    private static final NdArray X = random(5, 1, 16, 12, 12);

    @TempDir
    Path directory;

    private Path file = Path.of("");
    private RecordFile records = new RecordFile(Path.of(""));

    private static NdArray random(long seed, int... shape) {
        SplittableRandom random = new SplittableRandom(seed);
        NdArray array = NdArray.allocate(DType.F32, shape);
        for (int i = 0; i < array.elements(); i++) {
            array.set(i, random.nextDouble() - 0.5);
        }
        return array;
    }

    /** y = relu(conv(relu(conv(x, w, b)), v)). */
    @BeforeEach
    void writeModel() {
        file = directory.resolve("two_convolutions.onnx");
        records = new RecordFile(directory.resolve("records.jsonl"));
        Map<String, Attribute> padded = Map.of("pads", new Attribute.Ints(List.of(1L, 1L, 1L, 1L)));
        new OnnxModelBuilder("two_convolutions", 17)
                .input(
                        "x",
                        new TensorType(
                                DType.F32,
                                new Shape(List.of(
                                        new Dimension.Symbolic("batch"),
                                        new Dimension.Known(16),
                                        new Dimension.Known(12),
                                        new Dimension.Known(12)))))
                .initializer("w", random(1, 32, 16, 3, 3))
                .initializer("b", random(2, 32))
                .initializer("v", random(3, 16, 32, 3, 3))
                .node("Conv", List.of("x", "w", "b"), "c", padded)
                .node("Relu", List.of("c"), "d", Map.of())
                .node("Conv", List.of("d", "v"), "e", padded)
                .node("Relu", List.of("e"), "y", Map.of())
                .output("y")
                .write(file);
    }

    private Options options() {
        return Options.defaults().withThreads(1).withRecords(records.path()).withoutShippedRecords();
    }

    private static NdArray run(Model model) {
        try (Session session = model.newSession()) {
            return Objects.requireNonNull(session.run(Map.of("x", X)).get("y"));
        }
    }

    private static List<String> names(Model model) {
        return model.sources(Map.of("x", X)).stream().map(Source::name).toList();
    }

    private List<TunableKernel> convolutions(Options options) {
        return TunableModel.of(file, options).kernels().stream()
                .filter(kernel -> kernel.operator().equals("Conv"))
                .toList();
    }

    private static RecordKey key(TunableModel model, TunableKernel kernel) {
        return RecordKey.of(kernel, model.numerics(), MachineName.of(model.target(), CpuFeatures.ofHost()), 1);
    }

    /** The default schedule of a variant, as if it had been found the fastest. */
    private Trace record(TunableKernel kernel, String variant, List<Step> more) {
        return record(kernel, variant, more, true);
    }

    private Trace record(TunableKernel kernel, String variant, List<Step> more, boolean isConfirmed) {
        TunableModel model = TunableModel.of(file, options());
        TunableKernel.Alternative alternative = kernel.alternatives().stream()
                .filter(a -> a.variant().equals(variant))
                .findFirst()
                .orElseThrow();
        Trace trace = DefaultSchedule.of(new ScheduleSpace(
                alternative.program(), model.target(), Numerics.FP32, kernel.layouts(), alternative.constants()));
        List<Step> steps = new ArrayList<>(trace.steps());
        steps.addAll(more);
        Trace longer = new Trace(trace.sketch(), steps, trace.decisions());
        records.append(TuningRecord.timed(
                key(model, kernel),
                kernel.name(),
                kernel.operator(),
                variant,
                longer,
                Distribution.of(1e-3),
                isConfirmed,
                "gcc",
                "2026-11-21T05:30:00Z"));
        return longer;
    }

    private static void assertClose(NdArray actual, NdArray expected) {
        assertThat(Difference.between(actual, expected, Difference.Tolerance.ONNX)
                        .normwiseRelative())
                .isLessThan(1e-5);
    }

    @Test
    void eachKernelIsTunableOnceWithItsVariantsAndWeights() {
        TunableModel model = TunableModel.of(file, options());
        assertThat(model.constantBytes()).isEqualTo(4L * (32 * 16 * 9 + 32 + 16 * 32 * 9));
        List<TunableKernel> convolutions = convolutions(options());
        assertThat(convolutions).hasSize(2);
        assertThat(convolutions.getFirst().constants()).containsExactlyInAnyOrder("w", "b");
        assertThat(convolutions.getFirst().alternatives())
                .extracting(TunableKernel.Alternative::variant)
                .startsWith("direct")
                .contains("winograd2", "winograd4");
        assertThat(convolutions.getFirst().name()).startsWith("conv2d_relu x=1x16x12x12 w=32x16x3x3");
    }

    @Test
    void aRecordSelectsAnotherVariantAndTheResultStays() {
        for (TunableKernel kernel : convolutions(options())) {
            record(kernel, "winograd4", List.of());
        }
        try (Model plain = Model.load(file, options().withRecords(directory.resolve("none")));
                Model tuned = Model.load(file, options())) {
            assertThat(names(plain)).noneMatch(n -> n.contains("tilesOf4"));
            assertThat(names(tuned))
                    .anyMatch(name -> name.startsWith("tilesOf4_relu"))
                    .noneMatch(n -> n.contains("conv2d") || n.contains("tilesOf2"));
            NdArray result = run(tuned);
            assertClose(result, run(plain));
            assertThat(run(tuned)).isEqualTo(result);
        }
    }

    @Test
    void aRecordOfTheDefaultVariantReplacesItsScheduleAlone() {
        TunableKernel kernel = convolutions(options()).getFirst();
        record(kernel, "im2col", List.of());
        try (Model plain = Model.load(file, options().withRecords(directory.resolve("none")));
                Model tuned = Model.load(file, options())) {
            assertThat(names(tuned)).anyMatch(n -> n.contains("im2col")).anyMatch(n -> n.contains("conv2d"));
            assertClose(run(tuned), run(plain));
        }
    }

    @Test
    void aTraceThatDoesNotFitLeavesTheDefault() {
        TunableKernel kernel = convolutions(options()).getFirst();
        record(kernel, "winograd4", List.of(new Unroll("no such loop")));
        try (Model plain = Model.load(file, options().withRecords(directory.resolve("none")));
                Model tuned = Model.load(file, options())) {
            assertThat(names(tuned)).isEqualTo(names(plain));
            assertThat(run(tuned)).isEqualTo(run(plain));
        }
    }

    @Test
    void whatWasOnlySeenInASearchIsNotFollowed() {
        record(convolutions(options()).getFirst(), "winograd4", List.of(), false);
        try (Model model = Model.load(file, options())) {
            assertThat(names(model)).noneMatch(n -> n.contains("tilesOf4"));
        }
    }

    @Test
    void recordsForOtherThreadsOrNumericsAreNotTaken() {
        record(convolutions(options()).getFirst(), "winograd4", List.of());
        try (Model strict = Model.load(file, options().withNumerics(Numerics.STRICT));
                Model threads = Model.load(file, options().withThreads(2))) {
            assertThat(names(strict)).noneMatch(n -> n.contains("tilesOf"));
            assertThat(names(threads)).noneMatch(n -> n.contains("tilesOf4"));
        }
    }

    /** Even a record that claims to be for it. */
    @Test
    void strictKernelsHaveNoOtherVariants() {
        assertThat(convolutions(options().withNumerics(Numerics.STRICT)))
                .allSatisfy(kernel -> assertThat(kernel.alternatives()).hasSize(1));
    }
}
