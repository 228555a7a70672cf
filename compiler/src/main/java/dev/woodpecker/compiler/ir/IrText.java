package dev.woodpecker.compiler.ir;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The intermediate representation as text: indented, deterministic, for people. What a node prints as does not depend on
 * anything around it but the strength of operators.
 *
 * <pre>
 * program conv
 *     input x: f32[1, 64, 56, 56]
 *     m[n &lt; 4]: f32
 *         acc = max[k &lt; 10] x[n, k]
 *         = acc
 *
 * for k.o in 0..4 parallel:
 *     alloc t: f32[8] register
 *     for k.i in 0..8 vector:
 *         t[k.i] += x.or(0)[k.o * 8 + k.i - 1] * w[k.i]
 * </pre>
 */
public final class IrText {
    private static final int LOWEST = 0;
    private static final int UNARY = 13;

    private IrText() {}

    public static String of(Expr e) {
        return text(e, LOWEST);
    }

    public static String of(Stmt s) {
        StringBuilder out = new StringBuilder();
        new StmtText(out).print(s, 0);
        return out.toString();
    }

    /** {@code name: type[extents] scope}, and the layout where it is not row-major. */
    public static String of(Buffer b) {
        String layout = b.layout().isRowMajor() ? "" : " layout " + b.layout().text();
        String scope = b.scope() == Scope.GLOBAL ? "" : " " + b.scope().name().toLowerCase(Locale.ROOT);
        return b.name() + ": " + b.type().text() + list(b.shape()) + scope + layout;
    }

    public static String of(TensorProgram program) {
        StringBuilder out = new StringBuilder("program " + program.name() + "\n");
        for (TensorProgram.Declaration input : program.inputs()) {
            out.append("    input ")
                    .append(input.name())
                    .append(": ")
                    .append(input.type().text())
                    .append(list(input.shape()))
                    .append('\n');
        }
        for (Stage stage : program.stages()) {
            out.append(of(stage).indent(4));
        }
        return out.append("    output ")
                .append(String.join(", ", program.outputs()))
                .append('\n')
                .toString();
    }

    public static String of(Stage stage) {
        StringBuilder out = new StringBuilder(
                stage.name() + axes(stage.axes()) + ": " + stage.type().text() + "\n");
        stage.reduction()
                .ifPresent(r -> out.append("    acc = ")
                        .append(r.op().text())
                        .append(axes(r.axes()))
                        .append(' ')
                        .append(of(r.body()))
                        .append('\n'));
        return out.append("    = ").append(of(stage.element())).append('\n').toString();
    }

    static String list(List<Expr> values) {
        return "[" + String.join(", ", values.stream().map(IrText::of).toList()) + "]";
    }

    private static String axes(List<Axis> axes) {
        return "["
                + String.join(
                        ", ",
                        axes.stream()
                                .map(axis -> axis.name() + " < " + of(axis.extent()))
                                .toList()) + "]";
    }

    private static String call(String name, List<Expr> arguments) {
        return name + "(" + String.join(", ", arguments.stream().map(IrText::of).toList()) + ")";
    }

    /** {@code e}, in parentheses where it binds less than {@code strength}. */
    private static String text(Expr e, int strength) {
        return switch (e) {
            case Expr.IntConst c -> integer(c);
            case Expr.FloatConst c -> real(c);
            case Expr.Var v -> v.name();
            case Expr.Param p -> p.name();
            case Expr.Unary(UnaryOp op, Expr operand) ->
                (op == UnaryOp.NOT ? "not " : op.symbol()) + text(operand, UNARY);
            case Expr.Binary b -> binary(b, strength);
            case Expr.Call c -> call(c.function().text(), c.arguments());
            case Expr.Cast(DType type, Expr operand) -> call(type.text(), List.of(operand));
            case Expr.Bitcast(DType type, Expr operand) -> call("bits_" + type.text(), List.of(operand));
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) ->
                call("select", List.of(condition, whenTrue, whenFalse));
            case Expr.Read read ->
                read.tensor() + read.outside().map(o -> ".or(" + of(o) + ")").orElse("") + list(read.indices());
            case Expr.Accumulator _ -> "acc";
            case Expr.Reduce r -> r.op().text() + axes(r.axes()) + "(" + of(r.body()) + ")";
            case Expr.Load load -> load.buffer().name() + list(load.indices());
            case Expr.TableEntry entry -> entry.table().name() + list(entry.indices());
            case Expr.Ramp(Expr base, long stride, int lanes) ->
                "ramp(" + of(base) + ", " + (stride == 1 ? "" : "stride " + stride + ", ") + lanes + ")";
            case Expr.Broadcast(Expr value, int lanes) -> "broadcast(" + of(value) + ", " + lanes + ")";
            case Expr.Extract(Expr vector, Expr lane) -> text(vector, UNARY) + ".lane(" + of(lane) + ")";
        };
    }

    private static String integer(Expr.IntConst c) {
        return switch (c.type()) {
            case I64 -> Long.toString(c.value());
            case BOOL -> c.value() != 0 ? "true" : "false";
            case U64 -> "u64(" + Long.toUnsignedString(c.value()) + ")";
            case I8, U8, I16, U16, I32, U32, F64, F32, F16, BF16, TF32 ->
                c.type().text() + "(" + c.value() + ")";
        };
    }

    private static String real(Expr.FloatConst c) {
        boolean single = c.type() == DType.F32;
        // The shortest text of the float, not of the double that holds it.
        String digits = single ? Float.toString((float) c.value()) : Double.toString(c.value());
        String text = switch (digits) {
            case "NaN" -> "nan";
            case "Infinity" -> "inf";
            case "-Infinity" -> "-inf";
            default -> digits;
        };
        return single ? text : c.type().text() + "(" + text + ")";
    }

    private static String binary(Expr.Binary b, int strength) {
        int own = b.op().precedence();
        if (own == 0) {
            return call(b.op().name().toLowerCase(Locale.ROOT), List.of(b.left(), b.right()));
        }
        boolean logical = b.type() == DType.BOOL && !b.op().isComparison();
        String symbol =
                logical && b.op() == BinaryOp.AND ? "and" : logical && b.op() == BinaryOp.OR ? "or" : b.op().symbol();
        // Left-associative; a comparison is not chained, and bit operations always show their grouping.
        boolean chains = b.op() == BinaryOp.ADD
                || b.op() == BinaryOp.SUB
                || b.op() == BinaryOp.MUL
                || b.op() == BinaryOp.DIV
                || logical;
        String text = text(b.left(), chains ? own : own + 1) + " " + symbol + " " + text(b.right(), own + 1);
        return own < strength ? "(" + text + ")" : text;
    }

    /** Statements, one or more lines each. */
    private record StmtText(StringBuilder out) {
        void print(Stmt s, int depth) {
            switch (s) {
                case Stmt.Seq(List<Stmt> statements) -> {
                    if (statements.isEmpty()) {
                        line(depth, "pass");
                    }
                    statements.forEach(child -> print(child, depth));
                }
                case Stmt.For(Loop loop, Stmt body) -> {
                    line(
                            depth,
                            "for " + loop.name() + " in 0.." + IrText.text(loop.extent(), UNARY) + binding(loop) + ":");
                    print(body, depth + 1);
                }
                case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise) -> {
                    line(depth, "if " + of(condition) + ":");
                    print(then, depth + 1);
                    if (otherwise.isPresent()) {
                        line(depth, "else:");
                        print(otherwise.get(), depth + 1);
                    }
                }
                case Stmt.Let(Expr.Var variable, Expr value, Stmt body) -> {
                    String type = variable.type() == DType.I64 && variable.lanes() == 1 ? "" : ": " + typeOf(variable);
                    line(depth, "let " + variable.name() + type + " = " + of(value));
                    print(body, depth);
                }
                case Stmt.Allocate(Buffer buffer, Stmt body) -> {
                    line(depth, "alloc " + of(buffer));
                    print(body, depth);
                }
                case Stmt.Store store -> line(depth, store(store));
                case Stmt.Compute compute -> line(depth, compute(compute));
                case Stmt.Check(Expr condition, int code, String message) ->
                    line(depth, "check " + of(condition) + " else " + code + " \"" + message + "\"");
                case Stmt.Barrier _ -> line(depth, "barrier");
                case Stmt.AsyncCopy c ->
                    line(
                            depth,
                            "async " + c.to().name() + list(c.toIndices()) + " <- "
                                    + c.from().name() + list(c.fromIndices()) + ", " + c.elements() + " elements"
                                    + when(c.guard()));
                case Stmt.Commit _ -> line(depth, "commit");
                case Stmt.Wait(int pending) -> line(depth, "wait " + pending);
                case Stmt.Ring(Stmt.Ring.Action action, Buffer barriers, Expr slot, Expr value) ->
                    line(
                            depth,
                            action.name().toLowerCase(Locale.ROOT) + " " + barriers.name() + list(List.of(slot))
                                    + (action == Stmt.Ring.Action.ARRIVE ? "" : ", " + of(value)));
                case Stmt.TileCopy c ->
                    line(
                            depth,
                            "copy " + c.to().name() + list(c.toIndices()) + " <- "
                                    + c.from().name() + list(c.fromIndices()) + ", a box of " + c.box()
                                    + ", arrives at "
                                    + c.barriers().name() + list(List.of(c.slot())));
                case Stmt.Invoke(Intrinsic intrinsic, List<Stmt.Window> operands) ->
                    line(
                            depth,
                            intrinsic.name() + "("
                                    + String.join(
                                            ", ",
                                            operands.stream()
                                                    .map(w -> w.buffer().name() + list(w.indices()))
                                                    .toList())
                                    + ")");
            }
        }

        private void line(int depth, String text) {
            out.append("    ".repeat(depth)).append(text).append('\n');
        }

        private static String typeOf(Expr.Var v) {
            return v.type().text() + (v.lanes() == 1 ? "" : "x" + v.lanes());
        }

        private static String binding(Loop loop) {
            String binding = loop.binding() == Loop.Binding.SERIAL
                    ? ""
                    : " " + loop.binding().name().toLowerCase(Locale.ROOT).replace('_', '.');
            return binding
                    + (loop.carrier() == Loop.Carrier.REDUCTION ? " reduction" : "")
                    + loop.peel().map(StmtText::peel).orElse("")
                    + (loop.prefetched().isEmpty() ? "" : " prefetch " + String.join(", ", loop.prefetched()));
        }

        private static String peel(Loop.Peel peel) {
            return switch (peel) {
                case Loop.Peel.Tail(String inner, long remainder) -> " peel " + inner + " to " + remainder;
                case Loop.Peel.Shift(String inner, long overlap) -> " shift " + inner + " by " + overlap;
                case Loop.Peel.Ends _ -> " peel ends";
                case Loop.Peel.Pipelined(int stages) -> " pipeline " + stages;
                case Loop.Peel.Specialized(int stages) -> " specialize " + stages;
            };
        }

        /** {@code to[i] = value}, or {@code to[i] += rest} where the value adds to what is there. */
        private static String store(Stmt.Store s) {
            String target = s.buffer().name() + list(s.indices());
            if (s.value() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                    && (op == BinaryOp.ADD || op == BinaryOp.MUL)
                    && left instanceof Expr.Load load
                    && load.buffer().name().equals(s.buffer().name())
                    && load.indices().equals(s.indices())) {
                return target + " " + op.symbol() + "= " + of(right);
            }
            return target + " = " + of(s.value());
        }

        private static String compute(Stmt.Compute c) {
            String part = c.part() == Stmt.Part.WHOLE ? "" : c.part().name().toLowerCase(Locale.ROOT) + " ";
            String over = c.over().isEmpty() ? "" : " over " + list(c.over());
            String keep = Expr.TRUE.equals(c.keep()) ? "" : " keep " + of(c.keep());
            return part + c.stage() + list(c.at()) + over + when(c.guard()) + keep;
        }

        private static String when(Expr guard) {
            return Expr.TRUE.equals(guard) ? "" : " if " + of(guard);
        }
    }
}
