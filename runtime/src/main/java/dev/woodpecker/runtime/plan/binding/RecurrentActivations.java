package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The activations of a recurrent network's direction, as kernels take them. */
record RecurrentActivations(List<Long> functions, List<Float> alphas, List<Float> betas) {
    /** What ONNX calls a function, its number in kernels, and the values of its parameters where none are given. */
    private record Function(String name, boolean hasAlpha, float alpha, boolean hasBeta, float beta) {}

    private static final List<Function> FUNCTIONS = List.of(
            new Function("Sigmoid", false, 0, false, 0),
            new Function("Tanh", false, 0, false, 0),
            new Function("Relu", false, 0, false, 0),
            new Function("Affine", true, 1, true, 0),
            new Function("LeakyRelu", true, 0.01f, false, 0),
            new Function("ThresholdedRelu", true, 1, false, 0),
            new Function("ScaledTanh", true, 1, true, 1),
            new Function("HardSigmoid", true, 0.2f, true, 0.5f),
            new Function("Elu", true, 1, false, 0),
            new Function("Softsign", false, 0, false, 0),
            new Function("Softplus", false, 0, false, 0));

    /** The functions of ONNX's operators where a model names none. */
    private static final Map<String, List<String>> DEFAULTS = Map.of(
            "GRU", List.of("Sigmoid", "Tanh"),
            "LSTM", List.of("Sigmoid", "Tanh", "Tanh"),
            "RNN", List.of("Tanh"));

    /** For each direction. Parameters are given in order to those functions that have them. */
    static List<RecurrentActivations> of(Node node, int directions) {
        List<String> defaults = DEFAULTS.getOrDefault(node.operator().name(), List.of());
        int each = defaults.size();
        List<String> names = node.attribute("activations").orElse(null) instanceof Attribute.Texts(List<String> given)
                ? given
                : IntStream.range(0, directions)
                        .boxed()
                        .flatMap(_ -> defaults.stream())
                        .toList();
        if (names.size() < each * directions) {
            throw refused(node, "activations", names.size() + " activations", each * directions + " of them");
        }
        List<Float> alphas = new ArrayList<>(numbers(node, "activation_alpha"));
        List<Float> betas = new ArrayList<>(numbers(node, "activation_beta"));
        List<RecurrentActivations> all = new ArrayList<>();
        for (int direction = 0; direction < directions; direction++) {
            List<Long> functions = new ArrayList<>();
            List<Float> ownAlphas = new ArrayList<>();
            List<Float> ownBetas = new ArrayList<>();
            for (int i = 0; i < each; i++) {
                int position = position(node, names.get(direction * each + i));
                Function function = FUNCTIONS.get(position);
                functions.add((long) position);
                ownAlphas.add(function.hasAlpha() && !alphas.isEmpty() ? alphas.removeFirst() : function.alpha());
                ownBetas.add(function.hasBeta() && !betas.isEmpty() ? betas.removeFirst() : function.beta());
            }
            all.add(new RecurrentActivations(List.copyOf(functions), List.copyOf(ownAlphas), List.copyOf(ownBetas)));
        }
        return all;
    }

    /** The attributes that every step's kernel takes. */
    Map<String, Attribute> attributes(Node node) {
        Map<String, Attribute> attributes = new TreeMap<>();
        attributes.put("functions", new Attribute.Ints(functions));
        attributes.put("alphas", new Attribute.Floats(alphas));
        attributes.put("betas", new Attribute.Floats(betas));
        boolean clips = node.attribute("clip").isPresent() && node.number("clip") > 0;
        attributes.put("clip", Attribute.of(clips ? node.number("clip") : Float.MAX_VALUE));
        return attributes;
    }

    private static int position(Node node, String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return IntStream.range(0, FUNCTIONS.size())
                .filter(i -> FUNCTIONS.get(i).name().toLowerCase(Locale.ROOT).equals(wanted))
                .findFirst()
                .orElseThrow(() -> refused(
                        node,
                        "activations",
                        "activation '" + name + "'",
                        String.join(", ", FUNCTIONS.stream().map(Function::name).toList())));
    }

    private static List<Float> numbers(Node node, String attribute) {
        return node.attribute(attribute).orElse(null) instanceof Attribute.Floats(List<Float> values)
                ? values
                : List.of();
    }

    private static Unbindable refused(Node node, String attribute, String problem, String supported) {
        return Unbindable.attribute(new NodeCall(node, Map.of(), Map.of(), Map.of()), attribute, problem, supported);
    }
}
