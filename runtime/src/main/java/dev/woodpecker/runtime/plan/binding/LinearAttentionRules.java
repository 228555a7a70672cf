package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Attention whose keys and values are summed up in a state, written out step by step. The state is of 32 bits. */
final class LinearAttentionRules {
    /** The position is what kernels take for the rule. */
    private static final List<String> RULES = List.of("linear", "gated", "delta", "gated_delta");

    private LinearAttentionRules() {}

    static List<Node> steps(Node node, Values values, Scope scope) {
        Assembly made = new Assembly(node, values, scope);
        int[] query = made.shape(0);
        int[] value = made.shape(2);
        long queryHeads = node.integer("q_num_heads");
        long heads = node.integer("kv_num_heads");
        int rule = RULES.indexOf(node.text("update_rule"));
        boolean fits = query.length == 3
                && value.length == 3
                && heads > 0
                && queryHeads % heads == 0
                && query[2] % queryHeads == 0
                && value[2] % heads == 0;
        if (rule < 0 || !fits) {
            throw made.refused(
                    rule < 0 ? "update_rule" : "q_num_heads",
                    rule < 0
                            ? "update_rule '" + node.text("update_rule") + "'"
                            : queryHeads + " and " + heads + " heads of " + Arrays.toString(query) + " and "
                                    + Arrays.toString(value),
                    rule < 0 ? String.join(", ", RULES) : "[n, t, heads * size], query heads a multiple of the others");
        }
        int batch = query[0];
        int steps = query[1];
        WrittenOutSteps.check(node, steps);
        long size = query[2] / queryHeads;
        long width = value[2] / heads;
        Operand q = wide(made, 0, batch, steps, queryHeads, size);
        Operand k = wide(made, 1, batch, steps, heads, size);
        Operand v = wide(made, 2, batch, steps, heads, width);
        Operand decay = optional(made, 4, heads);
        Operand beta = optional(made, 5, heads);
        Operand state = node.input(3) instanceof Operand.Value
                ? cast(made, node.input(3), made.type(3).element(), DType.F32)
                : made.constant("zeros", NdArray.allocate(DType.F32, batch, (int) heads, (int) size, (int) width));
        float scale = node.number("scale");
        Map<String, Attribute> attributes = Map.of(
                "rule", Attribute.of((long) rule),
                "scale", Attribute.of(scale == 0 ? (float) (1 / Math.sqrt((double) size)) : scale));
        List<Operand> rows = new ArrayList<>();
        for (int t = 0; t < steps; t++) {
            Operand row = made.fresh("row");
            Operand next = made.fresh("state");
            made.result(
                    new Operator(Operator.WOODPECKER, "LinearAttentionStep"),
                    List.of(q, k, v, state, made.vector("step", t, t), decay, beta),
                    attributes,
                    List.of(row, next));
            rows.add(row);
            state = next;
        }
        DType type = made.type(0).element();
        Operand all = made.reshaped(made.stacked(rows, 1), batch, steps, queryHeads * width);
        made.output(0, cast(made, all, DType.F32, type));
        made.output(1, cast(made, state, DType.F32, type));
        return made.nodes();
    }

    /** An input of 32 bits with its heads on an axis of their own. */
    private static Operand wide(Assembly made, int input, long... shape) {
        Operand given = made.around().input(input);
        return made.reshaped(cast(made, given, made.type(input).element(), DType.F32), shape);
    }

    /** A factor for each head, or one for all, or for each element of a head. */
    private static Operand optional(Assembly made, int input, long heads) {
        if (made.around().input(input) instanceof Operand.Absent) {
            return Operand.ABSENT;
        }
        int[] shape = made.shape(input);
        long apart = shape[2] % heads == 0 ? heads : 1;
        return wide(made, input, shape[0], shape[1], apart, shape[2] / apart);
    }

    private static Operand cast(Assembly made, Operand value, DType from, DType to) {
        return from == to ? value : made.compute("Cast", List.of(value), Map.of("to", new Attribute.ElementType(to)));
    }
}
