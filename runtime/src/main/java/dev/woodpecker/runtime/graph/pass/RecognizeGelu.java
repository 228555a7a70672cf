package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes one node of a GELU that is written out, whichever way its products are bracketed and its operands ordered. Changes
 * the last digits, since the constants are multiplied in another order.
 *
 * <pre>
 * d = Div(x, 1.4142); e = Erf(d); a = Add(e, 1); m = Mul(x, a); y = Mul(m, 0.5)      ->      y = Gelu(x)
 * y = 0.5 * x * (1 + Tanh(0.79788 * (x + 0.044715 * x^3)))                           ->      y = Gelu(x) {approximate="tanh"}
 * </pre>
 */
public final class RecognizeGelu {
    private static final double SQRT_HALF = Math.sqrt(0.5);
    private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
    private static final double CUBIC = 0.044715;

    private final Pattern pattern;

    private RecognizeGelu(Graph graph) {
        this.pattern = Pattern.of(graph);
    }

    public static Graph apply(Graph graph) {
        RecognizeGelu pass = new RecognizeGelu(graph);
        GraphEditor editor = new GraphEditor(graph);
        Set<Node> gone = new HashSet<>();
        for (Node node : graph.nodes()) {
            Optional<Match> match =
                    node.operator().isOnnx("Erf") || node.operator().isOnnx("Tanh")
                            ? pass.match(node)
                            : Optional.empty();
            if (match.isPresent() && match.get().nodes().stream().noneMatch(gone::contains)) {
                gone.addAll(match.get().nodes());
                pass.replace(editor, match.get());
            }
        }
        return gone.isEmpty() ? graph : editor.finish();
    }

    /**
     * @param last the node whose result is the GELU
     */
    private record Match(Operand x, String approximate, Node last, Set<Node> nodes) {}

    private Match with(Match match, Node last, Set<Node> more) {
        Set<Node> all = new LinkedHashSet<>(match.nodes());
        all.addAll(more);
        return new Match(match.x(), match.approximate(), last, all);
    }

    private Optional<Match> match(Node function) {
        Optional<Match> inner = function.operator().isOnnx("Erf") ? ofErf(function) : ofTanh(function);
        Optional<Node> plusOne = pattern.onlyReader(function, "Add")
                .filter(add -> pattern.besides(add, 1)
                        .filter(function.output(0)::equals)
                        .isPresent());
        if (inner.isEmpty() || plusOne.isEmpty()) {
            return Optional.empty();
        }
        // Up through the products as long as only they read it.
        Node last = plusOne.get();
        while (true) {
            Optional<Node> reader = pattern.onlyReader(last, "Mul").or(divided(last));
            if (reader.isEmpty()) {
                return Optional.empty();
            }
            last = reader.get();
            Pattern.Product product = pattern.product(last.output(0));
            boolean complete = Pattern.near(product.scale(), 0.5)
                    && isPair(product.factors(), inner.get().x(), plusOne.get().output(0));
            if (complete) {
                Set<Node> more = new LinkedHashSet<>(product.nodes());
                more.add(plusOne.get());
                more.add(function);
                Match match = with(inner.get(), last, more);
                boolean fits = pattern.isClosed(match.nodes(), last) && pattern.sameType(match.x(), last.output(0));
                return fits ? Optional.of(match) : Optional.empty();
            }
        }
    }

    private java.util.function.Supplier<Optional<Node>> divided(Node node) {
        return () -> pattern.onlyReader(node, "Div")
                .filter(div -> pattern.scalar(div.input(1)).isPresent());
    }

    private static boolean isPair(List<Operand> factors, Operand a, Operand b) {
        return factors.size() == 2 && factors.contains(a) && factors.contains(b);
    }

    /** {@code Erf(x / sqrt(2))}. */
    private Optional<Match> ofErf(Node erf) {
        Pattern.Product argument = pattern.product(erf.input(0));
        return argument.factors().size() == 1 && Pattern.near(argument.scale(), SQRT_HALF)
                ? Optional.of(new Match(argument.factors().getFirst(), "none", erf, argument.nodes()))
                : Optional.empty();
    }

    /** {@code Tanh(c * (x + d * x^3))} or {@code Tanh(c * x * (1 + d * x^2))}. */
    private Optional<Match> ofTanh(Node tanh) {
        Pattern.Product argument = pattern.product(tanh.input(0));
        if (!Pattern.near(argument.scale(), SQRT_2_OVER_PI)) {
            return Optional.empty();
        }
        for (Operand factor : argument.factors()) {
            Optional<Node> sum = pattern.producer(factor, "Add");
            for (List<Operand> order : sum.map(Pattern::orders).orElse(List.of())) {
                Operand first = order.get(0);
                Optional<Power> power = power(order.get(1));
                Set<Node> nodes = new LinkedHashSet<>(argument.nodes());
                nodes.add(sum.orElseThrow());
                power.ifPresent(p -> nodes.addAll(p.nodes()));
                boolean cubic = argument.factors().size() == 1
                        && power.filter(p -> p.is(CUBIC, 3) && p.x().equals(first))
                                .isPresent();
                boolean square = pattern.isScalar(first, 1)
                        && power.filter(p -> p.is(CUBIC, 2) && isPair(argument.factors(), p.x(), factor))
                                .isPresent();
                if (cubic || square) {
                    return Optional.of(new Match(power.orElseThrow().x(), "tanh", tanh, nodes));
                }
            }
        }
        return Optional.empty();
    }

    /** {@code scale * x^exponent}. */
    private record Power(double scale, Operand x, int exponent, Set<Node> nodes) {
        boolean is(double wantedScale, int wantedExponent) {
            return Pattern.near(scale, wantedScale) && exponent == wantedExponent;
        }
    }

    private Optional<Power> power(Operand value) {
        Pattern.Product product = pattern.product(value);
        Set<Node> nodes = new LinkedHashSet<>(product.nodes());
        List<Operand> bases = new ArrayList<>();
        for (Operand factor : product.factors()) {
            Optional<Node> pow = pattern.producer(factor, "Pow");
            Optional<Double> exponent = pow.flatMap(node -> pattern.scalar(node.input(1)));
            if (exponent.isPresent() && (exponent.get() == 2 || exponent.get() == 3)) {
                nodes.add(pow.get());
                for (int i = 0; i < exponent.get(); i++) {
                    bases.add(pow.get().input(0));
                }
            } else {
                bases.add(factor);
            }
        }
        return bases.stream().distinct().count() == 1
                ? Optional.of(new Power(product.scale(), bases.getFirst(), bases.size(), nodes))
                : Optional.empty();
    }

    private void replace(GraphEditor editor, Match match) {
        match.nodes().forEach(editor::remove);
        editor.replace(
                match.last(),
                new Node(
                        match.last().name() + "/gelu",
                        Operator.onnx("Gelu"),
                        List.of(match.x()),
                        match.last().outputs(),
                        Map.of("approximate", Attribute.of(match.approximate())),
                        pattern.sources(match.nodes())));
    }
}
