package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.TestGraph;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WidenHalfFloatsTest {
    private static Graph typed(Graph graph, DType output) {
        Map<String, TensorType> types = new LinkedHashMap<>(graph.types());
        types.put("y", TensorType.of(NdArray.allocate(output, 2)));
        return graph.withTypes(types);
    }

    @Test
    void whatIsBetweenInputsAndOutputsHas32Bits() {
        Graph half = typed(
                new TestGraph()
                        .input("x", DType.F16, 2)
                        .constant("b", NdArray.of(new float[] {0.5f, 2}, 2).convert(DType.F16))
                        .node("add1", "Add", "x b", "a")
                        .node("relu1", "Relu", "a", "y")
                        .outputs("y"),
                DType.F16);
        Graph wide = WidenHalfFloats.apply(half);
        assertThat(wide).hasToString("""
            graph g
              input x: f16[2]
              constant b: f32[2]
              x_wide = Cast(x) {to=f32}  # x_wide_cast
              a = Add(x_wide, b)  # add1
              y_wide = Relu(a)  # relu1
              y: f16[2] = Cast(y_wide) {to=f16}  # y_cast
              output y
            """);
        assertThat(wide.constant("b")).contains(NdArray.of(new float[] {0.5f, 2}, 2));
    }

    @Test
    void aGraphOf32BitsStays() {
        Graph graph = typed(
                new TestGraph()
                        .input("x", DType.F32, 2)
                        .node("relu1", "Relu", "x", "y")
                        .outputs("y"),
                DType.F32);
        assertThat(WidenHalfFloats.apply(graph)).isSameAs(graph);
    }

    @Test
    void bitsOfHalfFloatsAreThoseOfHalfFloats() {
        Graph graph = typed(
                new TestGraph()
                        .input("x", DType.F16, 2)
                        .node("bits1", "BitCast", "x", "y")
                        .outputs("y"),
                DType.F16);
        assertThat(WidenHalfFloats.apply(graph)).isSameAs(graph);
    }
}
