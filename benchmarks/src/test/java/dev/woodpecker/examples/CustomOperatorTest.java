package dev.woodpecker.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node of a domain of one's own is run by the kernel that names its operator; nothing is registered. */
class CustomOperatorTest {
    @TempDir
    Path folder;

    private final SplittableRandom random = new SplittableRandom(3);

    private NdArray array(int... shape) {
        NdArray array = NdArray.allocate(DType.F32, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, random.nextDouble() * 2 - 1);
        }
        return array;
    }

    private Path model(String operator, NdArray w) {
        Path file = folder.resolve("model.onnx");
        new OnnxModelBuilder("model", 17)
                .input("x", TensorType.of(DType.F32, 1, 4, 3, 3))
                .initializer("w", w)
                .node("Relu", List.of("x"), "r", Map.of())
                .node(new Node(
                        "gate",
                        new Operator("com.acme", operator),
                        List.of(Operand.of("r"), Operand.of("w")),
                        List.of(Operand.of("g")),
                        Map.of(),
                        List.of()))
                .node("Neg", List.of("g"), "y", Map.of())
                .output("y")
                .write(file);
        return file;
    }

    @Test
    void aModelsOwnOperatorRunsBetweenOnnxs() {
        NdArray w = array(4, 4);
        NdArray x = array(1, 4, 3, 3);
        NdArray positive = x.copy();
        for (long i = 0; i < positive.elements(); i++) {
            positive.set(i, Math.max(0, positive.getDouble(i)));
        }
        float[] expected =
                SqueezeExcite.squeezeExcite(positive.floats(), w.floats()).toArray();
        for (int i = 0; i < expected.length; i++) {
            expected[i] = -expected[i];
        }
        try (Model model =
                        Model.load(model("SqueezeExcite", w), Options.defaults().withThreads(1));
                Session session = model.newSession()) {
            NdArray y = Objects.requireNonNull(session.run(Map.of("x", x)).get("y"));
            assertThat(y.toFloatArray()).containsExactly(expected, within(1e-5f));
        }
    }

    @Test
    void anOperatorThatNobodyHasIsNamedWithItsDomain() {
        Path file = model("Unheard", array(4, 4));
        assertThatThrownBy(() -> Model.load(file, Options.defaults()))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("node 'gate' (com.acme::Unheard)")
                .hasMessageContaining("com.acme::SqueezeExcite");
    }
}
