package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Scope;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Einsum as transposes, sums and matrix products: operands are taken in order, each joined to what the ones before it gave.
 *
 * <pre>
 * Einsum("bij,bkj->bki", x, y)      ->      MatMul(x, Transpose(y)), transposed
 * </pre>
 */
final class EinsumRules {
    private final Assembly made;
    private final Map<String, Integer> extents = new TreeMap<>();
    private final Equation equation;

    /** A value with a label for each axis. */
    private record Labelled(Operand value, List<String> labels) {}

    /** Labels are letters; the axes of an ellipsis are numbers, counted from the last. */
    private record Equation(List<List<String>> operands, List<String> output) {}

    private EinsumRules(Node node, Values values, Scope scope) {
        this.made = new Assembly(node, values, scope);
        this.equation = equation(node.text("equation").replace(" ", ""));
        for (int i = 0; i < equation.operands().size(); i++) {
            int[] shape = made.shape(i);
            for (int axis = 0; axis < shape.length; axis++) {
                extents.merge(equation.operands().get(i).get(axis), shape[axis], Math::max);
            }
        }
        for (int i = 0; i < equation.operands().size(); i++) {
            int[] shape = made.shape(i);
            for (int axis = 0; axis < shape.length; axis++) {
                String label = equation.operands().get(i).get(axis);
                if (shape[axis] != 1 && shape[axis] != extent(label)) {
                    throw refused("axis '" + label + "' has extents " + shape[axis] + " and " + extent(label));
                }
            }
        }
    }

    static List<Node> einsum(Node node, Values values, Scope scope) {
        return new EinsumRules(node, values, scope).written();
    }

    private Equation equation(String text) {
        int arrow = text.indexOf("->");
        String[] terms = (arrow < 0 ? text : text.substring(0, arrow)).split(",", -1);
        int operands = made.around().inputs().size();
        if (terms.length != operands) {
            throw refused("it has " + terms.length + " terms for " + operands + " inputs");
        }
        List<List<String>> labels = new ArrayList<>();
        int longest = 0;
        for (int i = 0; i < terms.length; i++) {
            int rank = made.shape(i).length;
            int hidden = terms[i].contains("...") ? rank - (terms[i].length() - 3) : 0;
            longest = Math.max(longest, hidden);
            labels.add(labels(terms[i], hidden));
            if (labels.get(i).size() != rank) {
                throw refused("term '" + terms[i] + "' for an input of rank " + rank);
            }
        }
        List<String> output = arrow < 0 ? implicitOutput(labels, longest) : labels(text.substring(arrow + 2), longest);
        Set<String> known = new HashSet<>();
        labels.forEach(known::addAll);
        if (!known.containsAll(output) || new HashSet<>(output).size() != output.size()) {
            throw refused("the output's labels are not each once among the inputs'");
        }
        return new Equation(labels, output);
    }

    private List<String> labels(String term, int hidden) {
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < term.length(); i++) {
            if (term.startsWith("...", i)) {
                for (int axis = hidden; axis > 0; axis--) {
                    labels.add(Integer.toString(axis));
                }
                i += 2;
            } else if (Character.isLetter(term.charAt(i))) {
                labels.add(term.substring(i, i + 1));
            } else {
                throw refused("'" + term.charAt(i) + "' in it");
            }
        }
        return labels;
    }

    /** The axes of the ellipsis, then what is there once, sorted. */
    private static List<String> implicitOutput(List<List<String>> operands, int hidden) {
        Map<String, Integer> counts = new TreeMap<>();
        operands.forEach(labels -> labels.forEach(label -> counts.merge(label, 1, Integer::sum)));
        List<String> output = new ArrayList<>();
        for (int axis = hidden; axis > 0; axis--) {
            output.add(Integer.toString(axis));
        }
        counts.forEach((label, count) -> {
            if (count == 1 && Character.isLetter(label.charAt(0))) {
                output.add(label);
            }
        });
        return output;
    }

    private List<Node> written() {
        Labelled total = operand(0);
        total = summed(total, neededAfter(0));
        for (int i = 1; i < equation.operands().size(); i++) {
            Set<String> needed = neededAfter(i);
            Set<String> neededWithTotal = new HashSet<>(needed);
            neededWithTotal.addAll(total.labels());
            total = product(total, summed(operand(i), neededWithTotal), needed);
        }
        Labelled ordered = ordered(total, equation.output());
        made.output(0, ordered.value());
        return made.nodes();
    }

    /** The labels of the output and of the operands after this one. */
    private Set<String> neededAfter(int operand) {
        Set<String> needed = new HashSet<>(equation.output());
        for (int i = operand + 1; i < equation.operands().size(); i++) {
            needed.addAll(equation.operands().get(i));
        }
        return needed;
    }

    /** An operand, its diagonal taken where a label is there twice, its axes of extent 1 repeated. */
    private Labelled operand(int index) {
        Operand value = made.around().input(index);
        List<String> labels = new ArrayList<>(equation.operands().get(index));
        int[] shape = made.shape(index);
        long[] full = labels.stream().mapToLong(this::extent).toArray();
        if (!java.util.Arrays.equals(
                full, java.util.Arrays.stream(shape).asLongStream().toArray())) {
            value = made.compute("Expand", value, made.vector("shape", full));
        }
        Labelled labelled = new Labelled(value, labels);
        for (String label : Set.copyOf(labels)) {
            while (labelled.labels().indexOf(label) != labelled.labels().lastIndexOf(label)) {
                labelled = diagonal(labelled, label);
            }
        }
        return labelled;
    }

    /** Both axes last, as one, of which every {@code n + 1}th element is on the diagonal. */
    private Labelled diagonal(Labelled value, String label) {
        int first = value.labels().indexOf(label);
        int second = value.labels().lastIndexOf(label);
        int rank = value.labels().size();
        List<Integer> others = IntStream.range(0, rank)
                .filter(axis -> axis != first && axis != second)
                .boxed()
                .toList();
        List<Integer> order = new ArrayList<>(others);
        order.addAll(List.of(first, second));
        List<String> labels =
                new ArrayList<>(others.stream().map(value.labels()::get).toList());
        long extent = extent(label);
        List<Long> flat = new ArrayList<>(labels.stream().map(this::extent).toList());
        flat.add(extent * extent);
        Operand pairs = made.reshaped(
                transposed(value.value(), order),
                flat.stream().mapToLong(Long::longValue).toArray());
        Operand taken = made.compute(
                "Slice",
                pairs,
                made.vector("start", 0),
                made.vector("end", extent * extent),
                made.vector("axis", rank - 2L),
                made.vector("step", extent + 1));
        labels.add(label);
        return new Labelled(taken, labels);
    }

    private Labelled summed(Labelled value, Set<String> needed) {
        long[] axes = IntStream.range(0, value.labels().size())
                .filter(axis -> !needed.contains(value.labels().get(axis)))
                .asLongStream()
                .toArray();
        if (axes.length == 0) {
            return value;
        }
        Operand sum = made.compute(
                "ReduceSum",
                List.of(value.value(), made.vector("axes", axes)),
                Map.of("keepdims", Attribute.of(0L), "noop_with_empty_axes", Attribute.of(0L)));
        return new Labelled(
                sum, value.labels().stream().filter(needed::contains).toList());
    }

    /** Shared labels that are needed stay apart, those that are not are summed over: a batch of matrix products. */
    private Labelled product(Labelled a, Labelled b, Set<String> needed) {
        List<String> batch = new ArrayList<>();
        List<String> contracted = new ArrayList<>();
        for (String label : a.labels()) {
            if (b.labels().contains(label)) {
                (needed.contains(label) ? batch : contracted).add(label);
            }
        }
        List<String> rows =
                a.labels().stream().filter(label -> !b.labels().contains(label)).toList();
        List<String> columns =
                b.labels().stream().filter(label -> !a.labels().contains(label)).toList();
        List<String> labels = joined(batch, rows, columns);
        Operand left = ordered(a, joined(batch, rows, contracted)).value();
        Operand right = ordered(b, joined(batch, contracted, columns)).value();
        Operand product;
        if (contracted.isEmpty()) {
            long[] ones = new long[columns.size()];
            java.util.Arrays.fill(ones, 1);
            product = made.compute(
                    "Mul",
                    made.reshaped(left, shape(joined(batch, rows), ones)),
                    made.reshaped(
                            right,
                            shape(joined(batch, rows.stream().map(_ -> "").toList(), columns))));
        } else {
            product = made.compute(
                    "MatMul",
                    made.reshaped(left, shape(batch, size(rows), size(contracted))),
                    made.reshaped(right, shape(batch, size(contracted), size(columns))));
        }
        return new Labelled(made.reshaped(product, shape(labels)), labels);
    }

    @SafeVarargs
    private static List<String> joined(List<String>... parts) {
        List<String> all = new ArrayList<>();
        for (List<String> part : parts) {
            all.addAll(part);
        }
        return all;
    }

    private long[] shape(List<String> labels, long... more) {
        long[] shape = new long[labels.size() + more.length];
        for (int i = 0; i < labels.size(); i++) {
            shape[i] = extent(labels.get(i));
        }
        System.arraycopy(more, 0, shape, labels.size(), more.length);
        return shape;
    }

    private long size(List<String> labels) {
        return labels.stream().mapToLong(this::extent).reduce(1, Math::multiplyExact);
    }

    /** An axis without a label is of extent 1. */
    private long extent(String label) {
        return label.isEmpty() ? 1 : extents.getOrDefault(label, 1);
    }

    private Labelled ordered(Labelled value, List<String> labels) {
        List<Integer> order = labels.stream().map(value.labels()::indexOf).toList();
        return new Labelled(transposed(value.value(), order), labels);
    }

    private Operand transposed(Operand value, List<Integer> order) {
        boolean inOrder = order.equals(IntStream.range(0, order.size()).boxed().toList());
        return inOrder
                ? value
                : made.transposed(
                        value, order.stream().mapToLong(Integer::longValue).toArray());
    }

    private Unbindable refused(String problem) {
        return made.refused(
                "equation",
                "equation '" + made.around().text("equation") + "': " + problem,
                "a term of letters for each input, with a letter or a part of '...' for each axis");
    }
}
