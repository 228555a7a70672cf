package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.lower.LoweringException;
import dev.woodpecker.compiler.lower.PlanScratch;
import dev.woodpecker.compiler.lower.TensorMap;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.Rings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Intrinsics of one function as calls of the dialect's functions, by their templates; and the registers that they share.
 * A fragment of short elements is an array of whole registers, each with its elements in order from the low bits on.
 */
final class IntrinsicPrinter {
    private static final Pattern TEMPLATE = Pattern.compile("(\\w+)\\((.*)\\)");
    private static final int REGISTER_BYTES = 4;

    private final Dialect dialect;
    private final Names names;
    private final ExprPrinter expressions;

    IntrinsicPrinter(Dialect dialect, Names names, ExprPrinter expressions) {
        this.dialect = dialect;
        this.names = names;
        this.expressions = expressions;
    }

    /** A call of one of the dialect's functions. */
    record Call(String function, List<String> arguments) {
        String text() {
            return function + "(" + String.join(", ", arguments) + ")";
        }
    }

    /** The declaration of a fragment under a name. */
    String declaration(Buffer fragment, String name) {
        long registers = Math.ceilDiv(PlanScratch.bytes(fragment), REGISTER_BYTES);
        boolean packed = fragment.type().bytes() < REGISTER_BYTES;
        return dialect.type(packed ? DType.U32 : fragment.type()) + " " + name + "[" + registers + "]";
    }

    Call call(Stmt.Invoke invoke) {
        Intrinsic intrinsic = invoke.intrinsic();
        String template = template(intrinsic);
        Map<String, String> operands = new TreeMap<>();
        for (int i = 0; i < invoke.operands().size(); i++) {
            Stmt.Window window = invoke.operands().get(i);
            String name = intrinsic.operands().get(i).name();
            operands.put("$" + name, pointer(window.buffer(), window.indices()));
            operands.put("$" + name + ".stride", rowStride(window.buffer()));
        }
        return filled(template, operands);
    }

    /** What is done to a barrier of a ring; a wait is told whether its phase is over. */
    String statement(Stmt.Ring ring) {
        Map<String, String> operands = Map.of(
                "$barrier", pointer(ring.barriers(), List.of(ring.slot())),
                "$value", expressions.print(ring.value()));
        String call = filled(template(Rings.of(ring.action())), operands).text();
        return ring.action() == Stmt.Ring.Action.WAIT ? "while (!" + call + ") {}" : call + ";";
    }

    /** The copy of a box; where it starts is said innermost axis first. */
    Call call(Stmt.TileCopy copy) {
        Intrinsic instruction = Rings.copy(copy.from().rank())
                .orElseThrow(() -> new LoweringException("no instruction copies boxes of " + copy.from()));
        Map<String, String> operands = new TreeMap<>(Map.of(
                "$to", pointer(copy.to(), copy.toIndices()),
                "$map", "&" + names.of(mapName(TensorMap.of(copy))),
                "$barrier", pointer(copy.barriers(), List.of(copy.slot()))));
        List<Expr> start = copy.fromIndices().reversed();
        for (int axis = 0; axis < start.size(); axis++) {
            operands.put(Rings.axes().get(axis), expressions.print(start.get(axis)));
        }
        return filled(template(instruction), operands);
    }

    /** The parameter that a map is, before it gets a C name: one box of a tensor is told from another by its extents. */
    static String mapName(TensorMap map) {
        return map.buffer() + ".map."
                + String.join("x", map.box().stream().map(String::valueOf).toList());
    }

    private String template(Intrinsic intrinsic) {
        String template = intrinsic.templates().get(dialect.name());
        if (template == null) {
            throw new LoweringException("intrinsic " + intrinsic.name() + " has no form in dialect " + dialect.name()
                    + "; it has: " + String.join(", ", new TreeMap<>(intrinsic.templates()).keySet()));
        }
        return template;
    }

    /** The call that makes a copy; empty where the dialect has no instruction for it. */
    Optional<Call> call(Stmt.AsyncCopy copy) {
        int bytes = copy.elements() * copy.to().type().bytes();
        return Intrinsics.asynchronousCopy(bytes)
                .flatMap(intrinsic -> Optional.ofNullable(intrinsic.templates().get(dialect.name())))
                .map(template -> filled(
                        template,
                        Map.of(
                                "$to", pointer(copy.to(), copy.toIndices()),
                                "$from", pointer(copy.from(), copy.fromIndices()),
                                "$guard", expressions.print(copy.guard()))));
    }

    private static Call filled(String template, Map<String, String> values) {
        Matcher call = TEMPLATE.matcher(template);
        if (!call.matches()) {
            throw new LoweringException("template '" + template + "' is no call: function($operand, ...)");
        }
        List<String> arguments = new ArrayList<>();
        for (String placeholder :
                call.group(2).isEmpty() ? new String[0] : call.group(2).split(", ", -1)) {
            String value = values.get(placeholder);
            if (value == null) {
                throw new LoweringException("template '" + template + "' has " + placeholder + "; known: "
                        + String.join(", ", values.keySet()));
            }
            arguments.add(value);
        }
        return new Call(call.group(1), arguments);
    }

    private String pointer(Buffer buffer, List<Expr> indices) {
        Expr offset = ExprPrinter.offset(buffer, indices);
        boolean packed = buffer.scope() == Scope.FRAGMENT && buffer.type().bytes() < REGISTER_BYTES;
        Expr inUnits = packed
                ? Simplifier.simplify(
                        IndexMath.div(offset, REGISTER_BYTES / buffer.type().bytes()), expressions.bounds())
                : offset;
        return expressions.pointer(names.ofBuffer(buffer.name()), inUnits);
    }

    /** Elements from one row of a buffer's last two axes to the next; of one with twisted rows, from one column of them. */
    private String rowStride(Buffer buffer) {
        int axes = buffer.layout().dimensions().size();
        if (buffer.layout().isTwisted()) {
            Expr column = Expr.index(1);
            for (LayoutMap.Dimension d : buffer.layout().dimensions().subList(axes - 3, axes)) {
                column = IndexMath.mul(column, d.size(buffer.shape().get(d.axis())));
            }
            return expressions.print(column);
        }
        return expressions.print(
                axes == 0
                        ? Expr.index(1)
                        : buffer.layout()
                                .dimensions()
                                .getLast()
                                .size(buffer.shape().getLast()));
    }
}
