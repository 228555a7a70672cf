package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a node does to its one computed input: {@code y = x * factor + shift}, with a factor and a shift for each index of one
 * axis. In double precision.
 *
 * @param value the computed input
 */
record Affine(String value, List<Double> factor, List<Double> shift) {
    Affine {
        factor = List.copyOf(factor);
        shift = List.copyOf(shift);
    }

    private Affine(String value, double[] factor, double[] shift) {
        this(value, list(factor), list(shift));
    }

    private static List<Double> list(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    /**
     * The node as such a function along {@code axis}, which has this extent, if it is one and keeps the shape of its input.
     *
     * @param rank of the input
     */
    static Optional<Affine> of(Graph graph, Node node, int rank, int axis, int extent) {
        if (!node.operator().isOnnx() || node.outputs().size() != 1) {
            return Optional.empty();
        }
        return switch (node.operator().name()) {
            case "Add", "Sub", "Mul", "Div" -> arithmetic(graph, node, rank, axis, extent);
            case "BatchNormalization" -> axis == 1 ? normalization(graph, node, extent) : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static Optional<Affine> arithmetic(Graph graph, Node node, int rank, int axis, int extent) {
        Optional<String> left = node.inputName(0);
        Optional<String> right = node.inputName(1);
        if (left.isEmpty() || right.isEmpty()) {
            return Optional.empty();
        }
        boolean constantFirst = graph.constant(left.get()).isPresent();
        String value = constantFirst ? right.get() : left.get();
        Optional<double[]> constant = graph.constant(constantFirst ? left.get() : right.get())
                .filter(array -> array.type().isFloat() && graph.constant(value).isEmpty())
                .flatMap(array -> alongAxis(array, rank, axis, extent));
        return constant.flatMap(c -> {
            double[] ones = filled(extent, 1);
            double[] zeros = new double[extent];
            return switch (node.operator().name()) {
                case "Add" -> Optional.of(new Affine(value, ones, c));
                case "Sub" ->
                    Optional.of(
                            constantFirst
                                    ? new Affine(value, filled(extent, -1), c)
                                    : new Affine(value, ones, each(c, d -> -d)));
                case "Mul" -> Optional.of(new Affine(value, c, zeros));
                case "Div" ->
                    constantFirst ? Optional.empty() : Optional.of(new Affine(value, each(c, d -> 1 / d), zeros));
                default -> Optional.empty();
            };
        });
    }

    private static Optional<Affine> normalization(Graph graph, Node node, int extent) {
        NdArray[] statistics = new NdArray[4];
        for (int i = 0; i < 4; i++) {
            Optional<NdArray> found = node.input(i + 1) instanceof Operand.Value(String name)
                    ? graph.constant(name).filter(array -> array.elements() == extent)
                    : Optional.empty();
            if (found.isEmpty()) {
                return Optional.empty();
            }
            statistics[i] = found.get();
        }
        double[] factor = new double[extent];
        double[] shift = new double[extent];
        double epsilon = node.number("epsilon");
        for (int k = 0; k < extent; k++) {
            factor[k] = statistics[0].getDouble(k) / Math.sqrt(statistics[3].getDouble(k) + epsilon);
            shift[k] = statistics[1].getDouble(k) - statistics[2].getDouble(k) * factor[k];
        }
        return Optional.of(new Affine(node.inputName(0).orElseThrow(), factor, shift));
    }

    /** The elements of an array that differs along one axis at most, when it is broadcast; one for each index. */
    private static Optional<double[]> alongAxis(NdArray array, int rank, int axis, int extent) {
        if (array.rank() > rank || array.elements() != 1 && array.elements() != extent) {
            return Optional.empty();
        }
        if (array.elements() == 1) {
            return Optional.of(filled(extent, array.getDouble(0)));
        }
        int place = axis - (rank - array.rank());
        if (place < 0 || array.size(place) != extent) {
            return Optional.empty();
        }
        double[] elements = new double[extent];
        Arrays.setAll(elements, array::getDouble);
        return Optional.of(elements);
    }

    private static double[] filled(int extent, double value) {
        double[] values = new double[extent];
        Arrays.fill(values, value);
        return values;
    }

    private static double[] each(double[] values, java.util.function.DoubleUnaryOperator f) {
        return Arrays.stream(values).map(f).toArray();
    }

    boolean hasShift() {
        return shift.stream().anyMatch(s -> s != 0);
    }

    boolean isFinite() {
        return factor.stream().allMatch(Double::isFinite) && shift.stream().allMatch(Double::isFinite);
    }
}
