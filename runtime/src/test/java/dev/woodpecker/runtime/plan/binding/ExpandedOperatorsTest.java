package dev.woodpecker.runtime.plan.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operators that others make up give what their definitions do. */
class ExpandedOperatorsTest {
    @TempDir
    Path directory;

    private final SplittableRandom random = new SplittableRandom(11);

    private NdArray array(int... shape) {
        NdArray array = NdArray.allocate(DType.F32, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, random.nextDouble() * 2 - 1);
        }
        return array;
    }

    private Map<String, NdArray> run(OnnxModelBuilder builder, Map<String, NdArray> inputs) {
        Path file = directory.resolve(builder.graphName() + ".onnx");
        builder.write(file);
        try (Model model = Model.load(file, Options.defaults().withThreads(1));
                Session session = model.newSession()) {
            return session.run(inputs);
        }
    }

    private record Sum(String equation, List<int[]> shapes, String inputs, String output) {
        Sum(String equation, String inputs, String output, int[]... shapes) {
            this(equation, List.of(shapes), inputs, output);
        }
    }

    /** Equations with the labels that they are short for. */
    private static final List<Sum> SUMS = List.of(
            new Sum("ij,jk->ik", "ij,jk", "ik", new int[] {2, 3}, new int[] {3, 4}),
            new Sum("bij, bkj -> bki", "bij,bkj", "bki", new int[] {2, 3, 5}, new int[] {2, 4, 5}),
            new Sum("bhqd,bkhd->bhqk", "bhqd,bkhd", "bhqk", new int[] {2, 3, 4, 5}, new int[] {2, 6, 3, 5}),
            new Sum("...ij,...jk", "xyij,yjk", "xyik", new int[] {2, 3, 2, 3}, new int[] {3, 3, 4}),
            new Sum("i,j->ji", "i,j", "ji", new int[] {3}, new int[] {4}),
            new Sum("ij->", "ij", "", new int[] {3, 4}),
            new Sum("ba", "ba", "ab", new int[] {3, 4}),
            new Sum("...ii->...i", "xii", "xi", new int[] {2, 4, 4}),
            new Sum("ii,i->", "ii,i", "", new int[] {4, 4}, new int[] {4}),
            new Sum("ij,j->ij", "ij,j", "ij", new int[] {3, 4}, new int[] {1}),
            new Sum("a,ab,bc,c->", "a,ab,bc,c", "", new int[] {2}, new int[] {2, 3}, new int[] {3, 4}, new int[] {4}),
            new Sum("bij,b->ij", "bij,b", "ij", new int[] {2, 3, 4}, new int[] {2}));

    /** Every product of every combination of the labels' values, added up. */
    private static float[] naive(Sum sum, List<NdArray> operands) {
        String[] terms = sum.inputs().split(",");
        Map<Character, Integer> extents = new LinkedHashMap<>();
        for (int i = 0; i < terms.length; i++) {
            for (int axis = 0; axis < terms[i].length(); axis++) {
                extents.merge(terms[i].charAt(axis), operands.get(i).size(axis), Math::max);
            }
        }
        List<Character> labels = new ArrayList<>(extents.keySet());
        int size = 1;
        for (char label : sum.output().toCharArray()) {
            size *= Objects.requireNonNull(extents.get(label));
        }
        float[] result = new float[size];
        int combinations = extents.values().stream().reduce(1, Math::multiplyExact);
        for (int combination = 0; combination < combinations; combination++) {
            Map<Character, Integer> at = new LinkedHashMap<>();
            int rest = combination;
            for (char label : labels) {
                int extent = Objects.requireNonNull(extents.get(label));
                at.put(label, rest % extent);
                rest /= extent;
            }
            double product = 1;
            for (int i = 0; i < terms.length; i++) {
                product *= operands.get(i)
                        .getDouble(position(terms[i], operands.get(i).shape(), at));
            }
            int[] shape = new int[sum.output().length()];
            for (int axis = 0; axis < shape.length; axis++) {
                shape[axis] = Objects.requireNonNull(extents.get(sum.output().charAt(axis)));
            }
            result[position(sum.output(), shape, at)] += (float) product;
        }
        return result;
    }

    private static int position(String labels, int[] shape, Map<Character, Integer> at) {
        int position = 0;
        for (int axis = 0; axis < shape.length; axis++) {
            int index = shape[axis] == 1 ? 0 : Objects.requireNonNull(at.get(labels.charAt(axis)));
            position = position * shape[axis] + index;
        }
        return position;
    }

    @Test
    void einsumIsTheSumOfProductsThatItsEquationSays() {
        OnnxModelBuilder builder = new OnnxModelBuilder("einsum", 17);
        Map<String, NdArray> inputs = new LinkedHashMap<>();
        List<List<NdArray>> operands = new ArrayList<>();
        for (int i = 0; i < SUMS.size(); i++) {
            List<String> names = new ArrayList<>();
            operands.add(new ArrayList<>());
            for (int[] shape : SUMS.get(i).shapes()) {
                String name = "x" + i + "_" + names.size();
                names.add(name);
                NdArray value = array(shape);
                operands.get(i).add(value);
                inputs.put(name, value);
                builder.input(name, TensorType.of(DType.F32, shape));
            }
            builder.node(
                            "Einsum",
                            names,
                            "y" + i,
                            Map.of("equation", Attribute.of(SUMS.get(i).equation())))
                    .output("y" + i);
        }
        Map<String, NdArray> results = run(builder, inputs);
        for (int i = 0; i < SUMS.size(); i++) {
            assertThat(Objects.requireNonNull(results.get("y" + i)).toFloatArray())
                    .as(SUMS.get(i).equation())
                    .containsExactly(naive(SUMS.get(i), operands.get(i)), within(1e-5f));
        }
    }

    @Test
    void anEquationThatDoesNotFitIsRefused() {
        OnnxModelBuilder builder = new OnnxModelBuilder("misfit", 17)
                .input("x", TensorType.of(DType.F32, 2, 3))
                .input("y", TensorType.of(DType.F32, 4, 5))
                .node("Einsum", List.of("x", "y"), "z", Map.of("equation", Attribute.of("ij,jk->ik")))
                .output("z");
        assertThatThrownBy(() -> run(builder, Map.of("x", array(2, 3), "y", array(4, 5))))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("equation 'ij,jk->ik': axis 'j' has extents");
    }

    /** Channels last, as other frameworks export: the same numbers at other places. */
    @Test
    void channelsMayBeLastWhereMapsAreResized() {
        NdArray x = array(1, 2, 3, 4);
        NdArray last = NdArray.allocate(DType.F32, 1, 3, 4, 2);
        for (int i = 0; i < 24; i++) {
            last.set(i % 12 * 2 + i / 12, x.getDouble(i));
        }
        OnnxModelBuilder builder = new OnnxModelBuilder("resize", 18)
                .input("x", TensorType.of(DType.F32, 1, 2, 3, 4))
                .input("last", TensorType.of(DType.F32, 1, 3, 4, 2))
                .initializer("sizes", NdArray.of(new long[] {1, 2, 6, 7}, 4))
                .initializer("lastSizes", NdArray.of(new long[] {6, 7}, 2))
                .node("Resize", List.of("x", "", "", "sizes"), "y", Map.of("mode", Attribute.of("linear")))
                .node(
                        "Resize",
                        List.of("last", "", "", "lastSizes"),
                        "z",
                        Map.of("mode", Attribute.of("linear"), "axes", Attribute.of(1, 2)))
                .output("y")
                .output("z");
        Map<String, NdArray> results = run(builder, Map.of("x", x, "last", last));
        NdArray y = Objects.requireNonNull(results.get("y"));
        NdArray z = Objects.requireNonNull(results.get("z"));
        assertThat(z.shape()).containsExactly(1, 6, 7, 2);
        float[] moved = new float[84];
        for (int i = 0; i < 84; i++) {
            moved[i % 42 * 2 + i / 42] = (float) y.getDouble(i);
        }
        assertThat(z.toFloatArray()).containsExactly(moved, within(1e-5f));
    }
}
