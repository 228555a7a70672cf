package dev.woodpecker.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.timing.ForkAndJoin;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class ModelBenchTest {
    private static final BenchSettings ONE_BLOCK = new BenchSettings(
            List.of(Variant.named("fp32").orElseThrow()),
            true,
            1,
            2,
            1,
            0,
            Map.of(),
            Optional.empty(),
            Optional.empty());

    @TempDir
    private Path directory = Path.of("");

    private BenchModel classifier() {
        Path file = directory.resolve("classifier.onnx");
        NdArray weights = NdArray.allocate(DType.F32, 8, 3, 3, 3);
        for (long i = 0; i < weights.elements(); i++) {
            weights.set(i, Math.sin(i));
        }
        new OnnxModelBuilder("classifier", 17)
                .input("x", TensorType.of(DType.F32, 1, 3, 16, 16))
                .initializer("w", weights)
                .node("Conv", List.of("x", "w"), "a", Map.of("pads", Attribute.of(1L, 1L, 1L, 1L)))
                .node("GlobalAveragePool", List.of("a"), "y", Map.of())
                .output("y")
                .write(file);
        return new BenchModel("classifier", file);
    }

    /** The answers of each process are waited for by a thread of its own, on machines of two cores too. */
    @Test
    void moreSystemsThanCoresAreTimed() {
        List<Variant> variants = Stream.of("fp32", "strict", "untuned")
                .map(name -> Variant.named(name).orElseThrow())
                .toList();
        BenchSettings settings =
                new BenchSettings(variants, true, 1, 1, 1, 0, Map.of(), Optional.empty(), Optional.empty());
        BenchRow row = new ModelBench(settings, directory, _ -> {}).row(classifier(), 1);

        assertThat(row.isRight()).as("%s", row).isTrue();
        assertThat(row.columns())
                .hasSize(3)
                .allSatisfy(column -> assertThat(column.timed()).isPresent());
    }

    @Test
    void bothSystemsAreTimedAndComparedAndThenGone() throws Exception {
        BenchRow row = new ModelBench(ONE_BLOCK, directory, _ -> {}).row(classifier(), 1);

        assertThat(row.isRight()).as("%s", row).isTrue();
        assertThat(row.family()).contains(Family.CLASSIFIER);
        BenchRow.Timed peer = row.peer().orElseThrow();
        BenchRow.Timed ours = row.columns().getFirst().timed().orElseThrow();
        assertThat(peer.system()).startsWith("ONNX Runtime").contains("ALL_OPT");
        assertThat(peer.blockSeconds()).hasSize(1);
        assertThat(ours.blockSeconds()).hasSize(1);
        assertThat(row.columns().getFirst().speed().orElseThrow().median())
                .isEqualTo(peer.blockSeconds().getFirst() / ours.blockSeconds().getFirst());
        assertThat(ours.memory().residentBytes())
                .isPositive()
                .isLessThanOrEqualTo(ours.memory().peakBytes());
        assertThat(ProcessHandle.current().children().filter(ModelBenchTest::isWorker))
                .isEmpty();

        StringWriter text = new StringWriter();
        Machine machine =
                new Machine("test", 1, List.of(new Machine.Peak(1, 100, 10, new ForkAndJoin(2e-6, 4e-6))), 1, "25");
        BenchTable table = new BenchTable(machine, ONE_BLOCK, new PrintWriter(text));
        table.printHeader();
        table.print(List.of(row));
        assertThat(text.toString())
                .contains("| model | threads | blocks x runs | ONNX Runtime ms | fp32 ms | speed (95 %) |")
                .contains("| classifier | 1 | 1 x ")
                .contains("| under 1 ms | 1 | 1 | ");
        BenchJson json = new BenchJson(directory.resolve("rows.jsonl"), machine);
        json.add(row);
        assertThat(Files.readAllLines(directory.resolve("rows.jsonl"))).hasSize(2);
    }

    private static boolean isWorker(ProcessHandle process) {
        return process.info().commandLine().orElse("").contains(BenchWorker.class.getName());
    }

    @Test
    void aModelThatCannotBeLoadedIsARowWithTheReason() throws Exception {
        Path file = Files.writeString(directory.resolve("torn.onnx"), "no model");
        BenchRow row = new ModelBench(ONE_BLOCK, directory, _ -> {}).row(new BenchModel("torn", file), 1);
        assertThat(row.isRight()).isFalse();
        assertThat(row.failure().orElseThrow())
                .startsWith("Woodpecker cannot load it: ")
                .contains("torn.onnx");
    }
}
