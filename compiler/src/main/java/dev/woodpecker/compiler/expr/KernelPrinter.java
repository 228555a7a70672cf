package dev.woodpecker.compiler.expr;

import static dev.woodpecker.compiler.expr.TextDocument.group;
import static dev.woodpecker.compiler.expr.TextDocument.indent;
import static dev.woodpecker.compiler.expr.TextDocument.join;
import static dev.woodpecker.compiler.expr.TextDocument.list;
import static dev.woodpecker.compiler.expr.TextDocument.sequence;
import static dev.woodpecker.compiler.expr.TextDocument.text;

import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.ArgReduce;
import dev.woodpecker.compiler.expr.TensorExpr.BoolLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Build;
import dev.woodpecker.compiler.expr.TensorExpr.Domain;
import dev.woodpecker.compiler.expr.TensorExpr.FloatLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.compiler.expr.TensorExpr.MapIndex;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.expr.TensorExpr.Reduce;
import dev.woodpecker.compiler.expr.TensorExpr.TableAt;
import dev.woodpecker.compiler.expr.TextDocument.Break;
import dev.woodpecker.compiler.expr.TextDocument.Newline;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** Writes one kernel as text; see {@link KernelText}. */
final class KernelPrinter {
    private static final int LINE_COLUMNS = 110;

    private final KernelSpec spec;
    private final Map<String, Table> tables = new LinkedHashMap<>();

    KernelPrinter(KernelSpec spec) {
        this.spec = spec;
    }

    String print() {
        List<TextDocument> statements = new ArrayList<>();
        for (TensorExpr requirement : spec.requirements()) {
            statements.add(group(text("require("), indent(expression(requirement, Notation.READ_OR)), text(");")));
        }
        TextDocument body = statements(spec.body());
        statements.add(body);
        List<TextDocument> declared = new ArrayList<>();
        tables.values().forEach(table -> declared.add(table(table)));
        declared.addAll(statements);
        TextDocument block = sequence(
                text("{"),
                indent(new Newline(), join(declared, new Newline())),
                new Newline(),
                text("}"),
                new Newline());
        return header() + block.render(LINE_COLUMNS) + origins();
    }

    String printExpression(TensorExpr expression) {
        return expression(expression, Notation.READ_OR).render(Integer.MAX_VALUE);
    }

    private String header() {
        StringBuilder out = new StringBuilder();
        out.append(spec.form().name().toLowerCase(Locale.ROOT))
                .append(" kernel ")
                .append(spec.name())
                .append('\n');
        line(out, "operator", spec.operator());
        line(out, "variant", spec.variant());
        for (KernelSpec.Parameter parameter : spec.parameters()) {
            out.repeat(' ', TextDocument.INDENT_COLUMNS)
                    .append(parameter.role().name().toLowerCase(Locale.ROOT))
                    .append(' ')
                    .append(parameter.kind().text())
                    .append(' ')
                    .append(parameter.name());
            parameter.absent().ifPresent(absent -> out.append(" absent ").append(Quoted.quote(absent)));
            out.append('\n');
        }
        spec.outputs().forEach(output -> line(out, "output", output));
        spec.examples().forEach(example -> line(out, "example", example));
        return out.toString();
    }

    private static void line(StringBuilder out, String word, String value) {
        out.repeat(' ', TextDocument.INDENT_COLUMNS)
                .append(word)
                .append(' ')
                .append(Quoted.quote(value))
                .append('\n');
    }

    private String origins() {
        List<String> lines = OriginText.print(Origins.of(spec));
        StringBuilder out = new StringBuilder();
        if (!lines.isEmpty()) {
            out.append("origins\n");
            lines.forEach(line ->
                    out.repeat(' ', TextDocument.INDENT_COLUMNS).append(line).append('\n'));
        }
        return out.toString();
    }

    private static TextDocument table(Table table) {
        List<TextDocument> extents = IntStream.of(table.shape())
                .mapToObj(extent -> text(Integer.toString(extent)))
                .toList();
        int rowLength = table.rank() == 0 ? 1 : table.size(table.rank() - 1);
        List<TextDocument> rows = new ArrayList<>();
        double[] values = table.values();
        for (int start = 0; start < values.length; start += Math.max(rowLength, 1)) {
            List<TextDocument> row = IntStream.range(start, start + rowLength)
                    .mapToObj(i -> text(Numbers.printEntry(values[i])))
                    .toList();
            rows.add(group(join(row, sequence(text(","), new Break(" ")))));
        }
        return sequence(
                text("table " + table.name() + " " + table.type().text()),
                list("[", extents, "]"),
                text(" = "),
                list("{", rows, "}"),
                text(";"));
    }

    /** Locals, a line each, and the expression that they are for. */
    private TextDocument statements(TensorExpr expression) {
        List<TextDocument> lines = new ArrayList<>();
        TensorExpr rest = expression;
        while (rest instanceof Let(String name, TensorExpr value, TensorExpr body)) {
            TextDocument written = expression(value, Notation.READ_OR);
            boolean isBlock = value instanceof Build || value instanceof MapIndex || value instanceof Let;
            lines.add(group(text("let " + name + " = "), isBlock ? written : indent(written), text(";")));
            rest = body;
        }
        lines.add(expression(rest, Notation.READ_OR));
        return join(lines, new Newline());
    }

    private TextDocument block(TensorExpr body) {
        return group(text("{"), indent(new Break(" "), statements(body)), new Break(" "), text("}"));
    }

    /** In parentheses when it binds less than {@code precedence}. */
    private TextDocument expression(TensorExpr expression, int precedence) {
        return switch (expression) {
            case IntLiteral(long value) -> text(Long.toString(value));
            case FloatLiteral(double value) -> text(Numbers.printFloat(value));
            case BoolLiteral(boolean value) -> text(Boolean.toString(value));
            case Name(String name, Kind _) -> text(name);
            case Apply apply -> application(apply, precedence);
            case TableAt(Table table, var indices, Origin _) -> {
                Table other = tables.putIfAbsent(table.name(), table);
                if (other != null && !other.equals(table)) {
                    throw new IllegalArgumentException(spec.name() + ": two tables are named " + table.name());
                }
                yield sequence(text(table.name()), list("[", all(indices), "]"));
            }
            case Build(Kind kind, Domain domain, TensorExpr element, Origin _) ->
                ranging(builder(kind), domain, element);
            case Reduce(var op, Domain domain, TensorExpr element, Origin _) -> ranging(op.text(), domain, element);
            case ArgReduce(boolean greatest, Domain domain, TensorExpr element, Origin _) ->
                ranging(greatest ? "argMax" : "argMin", domain, element);
            case MapIndex(TensorExpr rank, String axis, TensorExpr value) ->
                ranging("index", new Domain.Extents(List.of(axis), List.of(rank)), value);
            case Let _ -> block(expression);
        };
    }

    private static String builder(Kind kind) {
        return switch (kind) {
            case FLOAT_TENSOR -> "tensor";
            case INT_TENSOR -> "intTensor";
            case MASK_TENSOR -> "maskTensor";
            case FLOAT, INT, BOOL, INDEX, INT_ARRAY, FLOAT_ARRAY, TENSOR_LIST, TENSORS ->
                throw new IllegalArgumentException("cannot build a " + kind.text());
        };
    }

    private TextDocument ranging(String word, Domain domain, TensorExpr element) {
        List<TextDocument> ranges = new ArrayList<>();
        switch (domain) {
            case Domain.Extents(var names, var extents) -> {
                for (int axis = 0; axis < names.size(); axis++) {
                    ranges.add(sequence(
                            text(names.get(axis) + " < "), expression(extents.get(axis), Notation.CONDITIONAL)));
                }
            }
            case Domain.Over(String name, TensorExpr shape) ->
                ranges.add(sequence(text(name + " in "), expression(shape, Notation.CONDITIONAL)));
        }
        return group(list(word + "(", ranges, ") "), block(element));
    }

    private List<TextDocument> all(List<TensorExpr> expressions) {
        return expressions.stream().map(e -> expression(e, Notation.READ_OR)).toList();
    }

    private TextDocument application(Apply apply, int precedence) {
        return isUsual(apply)
                ? notation(apply, precedence)
                : sequence(
                        text("("),
                        notation(apply, Notation.CONDITIONAL),
                        text(" as " + apply.kind().text() + ")"));
    }

    private static boolean isUsual(Apply apply) {
        return apply.op().kind(apply.operands().stream().map(TensorExpr::kind).toList()) == apply.kind();
    }

    /** {@code a + b - c}: one group, so that it breaks before each operator or before none. */
    private TextDocument chain(Apply apply, int precedence) {
        List<TensorExpr> operands = apply.operands();
        boolean continues = operands.get(0) instanceof Apply left
                && Notation.of(left.op()) instanceof Notation.Infix(int own)
                && own == precedence
                && isUsual(left);
        TextDocument left = continues && operands.get(0) instanceof Apply inner
                ? chain(inner, precedence)
                : expression(operands.get(0), precedence);
        TextDocument right = expression(operands.get(1), precedence + 1);
        return sequence(left, indent(new Break(" "), text(apply.op().text() + " "), right));
    }

    private TextDocument notation(Apply apply, int precedence) {
        Op op = apply.op();
        List<TensorExpr> operands = apply.operands();
        return switch (Notation.of(op)) {
            case Notation.Infix(int own) -> parenthesized(own < precedence, chain(apply, own));
            case Notation.Prefix() -> {
                TensorExpr operand = operands.get(0);
                boolean isLiteral = operand instanceof IntLiteral || operand instanceof FloatLiteral;
                TextDocument written = expression(operand, Notation.PREFIX);
                yield parenthesized(
                        Notation.PREFIX < precedence,
                        text(Notation.prefixSign(op)),
                        parenthesized(isLiteral || isSigned(operand), written));
            }
            case Notation.Method() ->
                sequence(
                        expression(operands.get(0), Notation.OPERAND),
                        list("." + op.text() + "(", all(operands.subList(1, operands.size())), ")"));
            case Notation.Function(String name) -> list(name + "(", all(operands), ")");
            case Notation.Read() -> read(operands);
            case Notation.ReadOr() ->
                parenthesized(
                        Notation.READ_OR < precedence,
                        read(operands.subList(1, operands.size())),
                        text(" or "),
                        expression(operands.get(0), Notation.CONDITIONAL));
            case Notation.Conditional() ->
                parenthesized(
                        Notation.CONDITIONAL < precedence,
                        expression(operands.get(0), Notation.CONDITIONAL + 1),
                        indent(
                                new Break(" "),
                                text("? "),
                                expression(operands.get(1), Notation.CONDITIONAL),
                                new Break(" "),
                                text(": "),
                                expression(operands.get(2), Notation.CONDITIONAL)));
        };
    }

    /** {@code --a} would be another operator to a reader. */
    private static boolean isSigned(TensorExpr operand) {
        return operand instanceof Apply(Op op, Kind _, List<TensorExpr> _, Origin _)
                && Notation.of(op) instanceof Notation.Prefix;
    }

    private TextDocument read(List<TensorExpr> operands) {
        return sequence(
                expression(operands.getFirst(), Notation.OPERAND),
                list("[", all(operands.subList(1, operands.size())), "]"));
    }

    private static TextDocument parenthesized(boolean needed, TextDocument... parts) {
        return needed ? group(text("("), indent(parts), text(")")) : group(parts);
    }
}
