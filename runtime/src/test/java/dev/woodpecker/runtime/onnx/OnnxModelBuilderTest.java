package dev.woodpecker.runtime.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Shape;
import dev.woodpecker.runtime.graph.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxModelBuilderTest {

    @TempDir
    Path folder;

    private static OnnxModelBuilder model() {
        TensorType x =
                new TensorType(DType.F32, new Shape(List.of(new Dimension.Symbolic("n"), new Dimension.Known(3))));
        return new OnnxModelBuilder("small", 17)
                .input("x", x)
                .initializer("w", NdArray.of(new float[] {1, 2, 3}, 3))
                .initializer("pads", NdArray.of(new long[] {0, 1, 0, 1}, 4))
                .node("Mul", List.of("x", "w"), "m", Map.of())
                .node("Pad", List.of("m", "pads"), "p", Map.of("mode", Attribute.of("reflect")))
                .node("ReduceMax", List.of("p"), "y", Map.of("axes", Attribute.of(0, 1), "keepdims", Attribute.of(0)))
                .output("y", TensorType.of(DType.F32));
    }

    @Test
    void whatIsWrittenIsImported() {
        Path file = folder.resolve("m.onnx");
        model().write(file);
        Graph graph = OnnxImporter.read(file, TestModels.everything());
        assertThat(graph.toString().strip()).isEqualTo("""
            graph small
              input x: f32[n, 3]
              constant w: f32[3]
              constant pads: i64[4]
              constant y/axes: i64[2]
              m = Mul(x, w)  # m
              p = Pad(m, pads) {mode="reflect"}  # p
              y: f32[] = ReduceMax(p, y/axes) {keepdims=0, noop_with_empty_axes=0}  # y
              output y\
            """);
    }

    @Test
    void aModelReadAndWrittenIsTheSame() throws IOException {
        Path first = folder.resolve("a.onnx");
        Path second = folder.resolve("b.onnx");
        model().write(first);
        OnnxModelBuilder.read(first).write(second);
        assertThat(Files.readAllBytes(second)).isEqualTo(Files.readAllBytes(first));
    }

    @Test
    void weightsAreWrittenAsTheyAreMade() {
        Path file = folder.resolve("m.onnx");
        int[] calls = {0};
        TensorSource source = new TensorSource(TensorType.of(DType.U8, 3, 5000), out -> {
            calls[0]++;
            for (int i = 0; i < 3; i++) {
                out.write(new byte[5000]);
            }
        });
        model().initializer("w2", source).write(file);
        assertThat(calls[0]).isEqualTo(1);
        Graph graph = OnnxImporter.read(file, TestModels.everything());
        assertThat(graph.constant("w2").orElseThrow().shape()).containsExactly(3, 5000);
    }

    @Test
    void aSourceThatWritesTooLittleLeavesNoFile() throws IOException {
        Path file = folder.resolve("m.onnx");
        TensorSource shorter = new TensorSource(TensorType.of(DType.F32, 4), out -> out.write(new byte[12]));
        assertThatThrownBy(() -> model().initializer("w2", shorter).write(file))
                .hasMessage("'w2' has 16 bytes, and its source wrote 12");
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void aModelOfMoreThan2GibIsRefused() {
        TensorSource huge = new TensorSource(TensorType.of(DType.F32, 1 << 29), _ -> {});
        assertThatThrownBy(() -> model().initializer("w2", huge).write(folder.resolve("m.onnx")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("less than 2 GiB");
    }
}
