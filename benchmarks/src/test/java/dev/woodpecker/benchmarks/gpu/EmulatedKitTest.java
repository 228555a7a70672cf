package dev.woodpecker.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.woodpecker.cli.layers.ConvolutionLayer;
import dev.woodpecker.cli.zoo.Zoo;
import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.TunableModel;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.emulator.EmulatedDriver;
import dev.woodpecker.runtime.device.emulator.Emulator;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.onnx.TensorSource;
import dev.woodpecker.runtime.records.RecordFile;
import dev.woodpecker.runtime.records.TuningRecord;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.SharedObjectSearch;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps on the emulated device, which loads CUDA text where a real one loads a cubin. */
class EmulatedKitTest {
    private static final Workload CONVOLUTION = new Workload.Convolution(
            new ConvolutionLayer(
                    1,
                    4,
                    List.of(6, 6),
                    8,
                    List.of(3, 3),
                    List.of(1, 1),
                    List.of(1, 1, 1, 1),
                    List.of(1, 1),
                    1,
                    List.of(6, 6),
                    Map.of()),
            2,
            Numerics.FP16);
    private static final Workload PRODUCT = new Workload.Product(9, 10, 33, Numerics.STRICT);

    private static @Nullable Emulator emulator;

    @TempDir
    Path folder;

    private final Map<String, byte[]> texts = new LinkedHashMap<>();

    /** The default schedule's kernel of a workload, its text under the name of a cubin. */
    private Candidate candidate(Workload workload, int number) {
        Drafts.Draft draft = new Drafts(Target.parse("cuda:sm_80"), 1, 1)
                .of(workload, number)
                .getFirst();
        String name = "cubins/" + number + ".cubin";
        String text = CPrinter.print(List.of(draft.kernel()), Dialect.CUDA);
        texts.put(name, text.getBytes(StandardCharsets.UTF_8));
        return PackKit.launches(
                draft.kernel().name(), workload.name(), true, draft.decisions(), 1, name, draft.kernel());
    }

    private void archive(List<Candidate> candidates, List<KernelCheck> checks) throws IOException {
        KernelArchive.write(
                folder.resolve(PackKit.KERNELS),
                new KernelArchive.Contents(
                        "sm_80",
                        "abc",
                        "today",
                        candidates.stream().map(Candidate::workload).toList(),
                        candidates,
                        checks),
                texts);
    }

    private interface Work {
        void with(StepContext context) throws IOException;
    }

    private void onDevice(Work work) throws IOException {
        try (KernelArchive archive = KernelArchive.open(folder.resolve(PackKit.KERNELS))) {
            EmulatedDriver driver =
                    new EmulatedDriver(Objects.requireNonNull(emulator), EmulatedDriver.facts(64 << 20));
            work.with(new StepContext(driver, archive, folder, Duration.ofSeconds(100), SharedObjectSearch.none()));
        }
    }

    @BeforeAll
    static void start() {
        try {
            emulator = Emulator.of(Environment.ofProcess());
        } catch (ToolchainException absent) {
            abort("SKIPPED: " + absent.getMessage());
        }
    }

    @AfterAll
    static void stop() {
        if (emulator != null) {
            emulator.close();
        }
    }

    @Test
    void candidatesAreCheckedAndTimedAndTheTablesSayWhatIsMissing() throws IOException {
        Candidate right = candidate(CONVOLUTION, 1);
        Candidate half = withGrid(right, "half", 1);
        archive(List.of(right, half, candidate(PRODUCT, 2)), List.of());
        onDevice(context -> new LayerStep("convolutions", List.of(CONVOLUTION)).run(context));
        onDevice(context -> new LayerStep("products", List.of(PRODUCT)).run(context));

        LayerRow row =
                StepJournal.open(folder, "convolutions").rows(LayerRow.class).getFirst();
        assertThat(row.ours()).isPositive();
        assertThat(row.candidates()).isEqualTo(2);
        assertThat(row.vendor()).isZero();
        assertThat(row.problem()).contains("no cuDNN");
        assertThat(row.group()).isEqualTo("batch 2, fp16");
        assertThat(StepContext.completeMark(folder, "convolutions")).exists();
        assertThat(StepJournal.open(folder, "products").rows(LayerRow.class))
                .singleElement()
                .satisfies(product -> assertThat(product.ours()).isPositive());
        assertThat(KitReport.write(folder)).content().contains("## Convolutions", "## Products", PRODUCT.name());
    }

    /** Fewer blocks than the result needs, where it needs several; one block alone leaves the rest unwritten. */
    private static Candidate withGrid(Candidate candidate, String id, int blocks) {
        List<Candidate.Phase> phases = new ArrayList<>();
        candidate
                .phases()
                .forEach(phase -> phases.add(new Candidate.Phase(
                        phase.symbol(),
                        List.of(blocks, 1, 1),
                        phase.block(),
                        phase.dynamicSharedBytes(),
                        phase.maps())));
        return new Candidate(
                id,
                candidate.workload(),
                false,
                Map.of("half", 1L),
                1,
                candidate.cubin(),
                phases,
                candidate.arguments());
    }

    @Test
    void aCandidateThatComputesSomethingElseIsNotTimed() throws IOException {
        Workload wide = new Workload.Product(130, 140, 40, Numerics.STRICT);
        Candidate right = candidate(wide, 3);
        assertThat(right.phases().getFirst().grid().stream().reduce(1, Math::multiplyExact))
                .isGreaterThan(1);
        archive(List.of(withGrid(right, "half", 1)), List.of());
        onDevice(context -> new LayerStep("products", List.of(wide)).run(context));
        assertThat(StepJournal.open(folder, "products").rows(LayerRow.class))
                .singleElement()
                .satisfies(row -> {
                    assertThat(row.ours()).isZero();
                    assertThat(row.failed()).isEqualTo(1);
                    assertThat(row.problem()).contains("was not written");
                });
    }

    private Candidate beyond(Candidate candidate) {
        texts.computeIfPresent(
                candidate.cubin(),
                (_, text) -> new String(text, StandardCharsets.UTF_8)
                        .replaceAll("\\bout(?= \\+|\\[)", "(out + 100000000)")
                        .getBytes(StandardCharsets.UTF_8));
        return candidate;
    }

    @Test
    void afterAFaultTheNextProcessGoesOnBehindTheCandidate() throws IOException {
        Candidate right = candidate(PRODUCT, 4);
        // What writes where nothing is damages the context of a real device.
        Candidate faulty = beyond(candidate(PRODUCT, 5));
        archive(List.of(faulty, right), List.of());
        LayerStep step = new LayerStep("products", List.of(PRODUCT));
        assertThatThrownBy(() -> onDevice(step::run))
                .isInstanceOfSatisfying(
                        CudaException.class,
                        fault -> assertThat(fault.isSticky()).isTrue());
        assertThat(StepContext.completeMark(folder, "products")).doesNotExist();

        onDevice(step::run);
        assertThat(StepJournal.open(folder, "products").rows(LayerRow.class))
                .singleElement()
                .satisfies(row -> {
                    assertThat(row.ours()).isPositive();
                    assertThat(row.failed()).isEqualTo(1);
                });
    }

    @Test
    void aCaseOfTheLibraryIsComparedWithTheInterpreters() throws IOException {
        Path cases = Path.of(System.getProperty("woodpecker.root"))
                .resolve("runtime/src/test/resources/dev/woodpecker/runtime/kernel/cases");
        Files.copy(cases.resolve("Softmax.txt"), folder.resolve("Softmax.txt"));
        List<KernelChecks.Draft> all = new KernelChecks(Target.parse("cuda:sm_80"), 1).read(folder);
        assertThat(all).hasSizeGreaterThan(1);
        List<KernelCheck> checks = new ArrayList<>();
        for (KernelChecks.Draft draft : all.subList(0, 2)) {
            String file = "cubins/" + draft.kernel().name() + ".cubin";
            texts.put(
                    file, CPrinter.print(List.of(draft.kernel()), Dialect.CUDA).getBytes(StandardCharsets.UTF_8));
            checks.add(new KernelCheck(
                    draft.name(),
                    PackKit.launches(draft.kernel().name(), draft.name(), true, Map.of(), 0, file, draft.kernel()),
                    draft.tensors(),
                    draft.tolerance()));
        }
        KernelCheck first = checks.getFirst();
        checks.add(new KernelCheck(
                "spoiled",
                first.kernel(),
                first.tensors().stream()
                        .map(values -> isOutput(first, values.name())
                                ? new KernelCheck.Values(
                                        values.name(),
                                        values.type(),
                                        "AACAPwAA" + values.bytes().substring(8))
                                : values)
                        .toList(),
                first.tolerance()));
        archive(List.of(), checks);
        onDevice(CheckStep::run);
        List<CheckStep.Row> rows = StepJournal.open(folder, CheckStep.NAME).rows(CheckStep.Row.class);
        assertThat(rows).hasSize(3);
        assertThat(rows.subList(0, 2))
                .allSatisfy(row -> assertThat(row.problem()).isEmpty());
        assertThat(rows.getLast().problem()).contains("[0] is ", "expected 1");
    }

    private static boolean isOutput(KernelCheck check, String name) {
        return check.kernel().arguments().stream()
                .anyMatch(argument -> argument.role() == Candidate.Role.OUTPUT
                        && argument.name().equals(name));
    }

    private static void writeProduct(Zoo zoo, Path file) {
        OnnxModelBuilder model = new OnnxModelBuilder("product", 17);
        model.input("x", TensorType.of(DType.F32, 8, 12));
        NdArray weights = NdArray.allocate(DType.F32, 12, 16);
        for (int i = 0; i < weights.elements(); i++) {
            weights.set(i, i % 7 - 3.0);
        }
        model.initializer("w", TensorSource.of(weights));
        model.node("MatMul", List.of("x", "w"), "y", Map.of());
        model.output("y");
        model.write(file);
    }

    /** What is packed of a model is found again where it runs: its kernels by name, their schedules by decisions. */
    @Test
    void aModelIsTunedAmongWhatWasCarriedAndThenFollowsItsRecords() throws IOException {
        KitModel model = new KitModel("product", Numerics.FP32, EmulatedKitTest::writeProduct);
        Path file = folder.resolve("product.onnx");
        writeProduct(new Zoo(1, 1, ModelArchive.calibrator(List.of())), file);
        Target target = Target.parse("cuda:sm_80");
        List<ModelArchive.Candidates> candidates =
                TuningTask.of(TunableModel.of(file, model.options(), target), target, true).stream()
                        .map(task -> new ModelArchive.Candidates(
                                task.name(),
                                new Drafts(target, 4, 2)
                                        .of(task, 1).stream()
                                                .map(Drafts.Draft::decisions)
                                                .toList()))
                        .toList();
        Map<String, List<ModelArchive.Elements>> results = Map.of("product", ModelPacking.results(file));
        ModelArchive.write(
                folder, new ModelArchive.Contents("sm_80", Map.of(), results, Map.of(model.name(), candidates)));

        assertThat(TuningStep.run(List.of(model), folder, folder, "cuda:emulated", () -> 60))
                .isTrue();
        assertThat(StepJournal.open(folder, TuningStep.NAME).rows(TuningStep.Row.class))
                .singleElement()
                .satisfies(row -> {
                    assertThat(row.problem()).isEmpty();
                    assertThat(row.trials())
                            .isEqualTo(candidates.getFirst().decisions().size());
                    assertThat(row.bestMicroseconds()).isPositive();
                });
        assertThat(new RecordFile(folder.resolve(TuningStep.RECORDS)).read())
                .isNotEmpty()
                .allMatch(TuningRecord::isOk);

        assertThat(ModelStep.run(List.of(model), folder, folder, "cuda:emulated", () -> 60))
                .isTrue();
        assertThat(StepJournal.open(folder, ModelStep.NAME).rows(ModelStep.Row.class))
                .allSatisfy(row -> {
                    assertThat(row.microseconds()).isPositive();
                    assertThat(row.problem()).contains("; results are right, ");
                })
                .extracting(ModelStep.Row::system)
                .contains(
                        "Woodpecker, inputs and results on the host",
                        "Woodpecker",
                        "Woodpecker, tuned, inputs and results on the host",
                        "Woodpecker, tuned");
        assertThat(KitReport.write(folder)).content().contains("## Tuning of whole models", "tuning time, s");
    }

    @Test
    void aModelThatComputesSomethingElseHasNoTime() {
        NdArray wanted = NdArray.of(new float[] {1, 2, 3, 4}, 2, 2);
        List<ModelArchive.Elements> expected = List.of(ModelArchive.Elements.of("y", wanted));
        ModelVerdict right =
                ModelVerdict.of(Numerics.FP16, expected, Map.of("y", NdArray.of(new float[] {1, 2.01f, 3, 4}, 2, 2)));
        assertThat(right).isEqualTo(new ModelVerdict(true, "results are right, 1.8e-03 off single precision"));
        NdArray unwritten = NdArray.of(new float[] {1, Float.NaN, 3, 4}, 2, 2);
        ModelVerdict wrong = ModelVerdict.of(Numerics.FP16, expected, Map.of("y", unwritten));
        assertThat(wrong.isRight()).isFalse();
        assertThat(ModelStep.Row.of("m", "Woodpecker", 2e-5, "quick", wrong))
                .isEqualTo(new ModelStep.Row(
                        "m",
                        "Woodpecker",
                        0,
                        "quick; WRONG: results are Infinity off single precision, 7.8e-03 are allowed; it took"
                                + " 20.0 us"));
        assertThat(ModelVerdict.of(Numerics.FP32, expected, Map.of()).text())
                .isEqualTo("WRONG: no output y of 4 elements");
    }

    @Test
    void theDeviceIsDescribed() throws IOException {
        archive(List.of(), List.of());
        onDevice(FactsStep::run);
        assertThat(KitReport.write(folder)).content().contains("emulated device", "commit abc", "cuDNN was not found");
    }
}
