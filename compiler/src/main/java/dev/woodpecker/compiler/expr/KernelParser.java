package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.KernelSpec.Form;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.KernelSpec.Role;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.BoolLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.FloatLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.expr.TensorExpr.TableAt;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Reads one kernel's text; see {@link KernelText}. */
final class KernelParser {
    private static final List<String> QUALIFIED = Stream.concat(
                    Notation.FUNCTIONS.keySet().stream(), Numbers.CONSTANTS.keySet().stream())
            .filter(name -> name.contains("."))
            .toList();

    private final KernelLexer lexer;
    private final Map<String, Kind> kinds = new HashMap<>();
    private final Map<String, Table> tables = new HashMap<>();
    private final RangeParser ranges;

    KernelParser(String text) {
        lexer = new KernelLexer(text);
        ranges = new RangeParser(lexer, this);
    }

    KernelSpec parse() {
        Form form = constant(Form.class);
        lexer.expect("kernel");
        String name = lexer.run();
        lexer.expect("operator");
        String operator = lexer.string();
        lexer.expect("variant");
        String variant = lexer.string();
        List<Parameter> parameters = parameters();
        List<String> outputs = strings("output");
        List<String> examples = strings("example");
        lexer.expect("{");
        while (lexer.take("table")) {
            Table table = table();
            tables.put(table.name(), table);
        }
        List<TensorExpr> requirements = new ArrayList<>();
        while (lexer.at("require", "(")) {
            lexer.expect("require");
            lexer.expect("(");
            requirements.add(expression());
            lexer.expect(")");
            lexer.expect(";");
        }
        TensorExpr body = statements();
        lexer.expect("}");
        KernelSpec spec = new KernelSpec(
                name, operator, variant, form, parameters, requirements, body, outputs, examples, Origin.NONE);
        return withOrigins(spec);
    }

    private KernelSpec withOrigins(KernelSpec spec) {
        if (!lexer.take("origins")) {
            if (!lexer.atEnd()) {
                throw lexer.error("expected 'origins' or the end");
            }
            return spec;
        }
        List<Origin> origins = OriginText.parse(lexer.runs());
        List<Origin> places = Origins.of(spec);
        if (origins.size() != places.size()) {
            throw new IllegalArgumentException("kernel text of " + spec.name() + ": " + origins.size() + " origins for "
                    + places.size() + " places");
        }
        Iterator<Origin> next = origins.iterator();
        return Origins.map(spec, _ -> next.next());
    }

    private <E extends Enum<E>> E constant(Class<E> type) {
        String word = lexer.word();
        try {
            return Enum.valueOf(type, word.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw lexer.error("'" + word + "' is no " + type.getSimpleName().toLowerCase(Locale.ROOT));
        }
    }

    private List<Parameter> parameters() {
        List<Parameter> parameters = new ArrayList<>();
        while (lexer.at("input") || lexer.at("attribute")) {
            Role role = constant(Role.class);
            Kind kind = Kind.parse(lexer.run());
            String name = lexer.word();
            Optional<String> absent = lexer.take("absent") ? Optional.of(lexer.string()) : Optional.empty();
            parameters.add(new Parameter(name, kind, role, absent, Origin.NONE));
            kinds.put(name, kind);
        }
        return parameters;
    }

    private List<String> strings(String word) {
        List<String> values = new ArrayList<>();
        while (lexer.take(word)) {
            values.add(lexer.string());
        }
        return values;
    }

    private Table table() {
        String name = lexer.word();
        DType type = DType.parse(lexer.word());
        lexer.expect("[");
        List<Double> shape = entries("]");
        lexer.expect("=");
        lexer.expect("{");
        List<Double> values = entries("}");
        lexer.expect(";");
        return new Table(
                name,
                type,
                shape.stream().mapToInt(Double::intValue).toArray(),
                values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private List<Double> entries(String close) {
        List<Double> values = new ArrayList<>();
        while (!lexer.take(close)) {
            if (!values.isEmpty()) {
                lexer.expect(",");
            }
            String sign = lexer.take("-") ? "-" : "";
            values.add(Numbers.parseFloat(sign + (lexer.atWord() ? lexer.word() : lexer.number())));
        }
        return values;
    }

    /** {@code let}s and the expression that they are for. */
    TensorExpr statements() {
        if (!lexer.at("let", "a name", "=")) {
            return expression();
        }
        lexer.expect("let");
        String name = lexer.word();
        lexer.expect("=");
        TensorExpr value = expression();
        lexer.expect(";");
        return within(Map.of(name, value.kind()), () -> new Let(name, value, statements()));
    }

    /** What {@code body} reads while these names are bound. */
    <T> T within(Map<String, Kind> bound, Supplier<T> body) {
        Map<String, Optional<Kind>> hidden = new HashMap<>();
        bound.keySet().forEach(name -> hidden.put(name, Optional.ofNullable(kinds.get(name))));
        kinds.putAll(bound);
        T result = body.get();
        hidden.forEach((name, kind) -> kind.ifPresentOrElse(k -> kinds.put(name, k), () -> kinds.remove(name)));
        return result;
    }

    TensorExpr expression() {
        TensorExpr condition = infix(Notation.CONDITIONAL + 1);
        if (!lexer.take("?")) {
            return condition;
        }
        TensorExpr then = expression();
        lexer.expect(":");
        return apply(Op.SELECT, List.of(condition, then, expression()));
    }

    private TensorExpr infix(int precedence) {
        TensorExpr left = prefix();
        while (true) {
            Op op = Notation.INFIX.get(lexer.peek());
            if (op == null || !(Notation.of(op) instanceof Notation.Infix(int own)) || own < precedence) {
                return left;
            }
            lexer.expect(op.text());
            left = apply(op, List.of(left, infix(own + 1)));
        }
    }

    private TensorExpr prefix() {
        if (lexer.atNegativeNumber()) {
            lexer.expect("-");
            return number("-" + lexer.number());
        }
        for (Op op : List.of(Op.NEG, Op.NOT, Op.BIT_NOT)) {
            if (lexer.take(Notation.prefixSign(op))) {
                return apply(op, List.of(prefix()));
            }
        }
        return postfix(primary());
    }

    private static TensorExpr number(String digits) {
        return Numbers.isFloat(digits)
                ? new FloatLiteral(Numbers.parseFloat(digits))
                : new IntLiteral(Long.parseLong(digits));
    }

    private TensorExpr postfix(TensorExpr start) {
        TensorExpr value = start;
        while (true) {
            if (lexer.take("[")) {
                value = read(value, list("]"));
            } else if (lexer.take(".")) {
                String name = lexer.word();
                Op op = Notation.METHODS.get(name);
                if (op == null) {
                    throw lexer.error("no method '" + name + "'; known: " + Notation.METHODS.keySet());
                }
                lexer.expect("(");
                value = apply(op, prepend(value, list(")")));
            } else {
                return value;
            }
        }
    }

    private TensorExpr read(TensorExpr value, List<TensorExpr> indices) {
        Op op = value.kind().isTensor() ? Op.AT : Op.ELEMENT;
        List<TensorExpr> operands = prepend(value, indices);
        if (op == Op.AT && lexer.take("or")) {
            return apply(Op.AT_OR, prepend(expression(), operands));
        }
        return apply(op, operands);
    }

    private static List<TensorExpr> prepend(TensorExpr first, List<TensorExpr> rest) {
        List<TensorExpr> all = new ArrayList<>();
        all.add(first);
        all.addAll(rest);
        return all;
    }

    List<TensorExpr> list(String close) {
        List<TensorExpr> values = new ArrayList<>();
        while (!lexer.take(close)) {
            if (!values.isEmpty()) {
                lexer.expect(",");
            }
            values.add(expression());
        }
        return values;
    }

    private TensorExpr primary() {
        if (lexer.atNumber()) {
            return number(lexer.number());
        }
        if (lexer.take("(")) {
            TensorExpr inner = expression();
            if (lexer.take("as")) {
                inner = ascribed(inner, Kind.parse(lexer.word()));
            }
            lexer.expect(")");
            return inner;
        }
        if (lexer.take("{")) {
            TensorExpr block = statements();
            lexer.expect("}");
            return block;
        }
        return named();
    }

    private TensorExpr ascribed(TensorExpr value, Kind kind) {
        if (!(value instanceof Apply apply)) {
            throw lexer.error("'as' tells the kind of an operation only");
        }
        return new Apply(apply.op(), kind, apply.operands(), Origin.NONE);
    }

    private TensorExpr named() {
        String word = lexer.word();
        if (word.equals("true") || word.equals("false")) {
            return new BoolLiteral(word.equals("true"));
        }
        if (lexer.at("(") && ranges.knows(word)) {
            return ranges.range(word);
        }
        String name = qualified(word);
        Double constant = Numbers.CONSTANTS.get(name);
        if (constant != null) {
            return new FloatLiteral(constant);
        }
        if (lexer.take("(")) {
            Op op = Notation.FUNCTIONS.get(name);
            if (op == null) {
                throw lexer.error("no function '" + name + "'; known: " + Notation.FUNCTIONS.keySet());
            }
            return apply(op, list(")"));
        }
        Table table = tables.get(word);
        if (table != null && lexer.take("[")) {
            return new TableAt(table, list("]"), Origin.NONE);
        }
        Kind kind = kinds.get(word);
        if (kind == null) {
            throw lexer.error("'" + word + "' is no parameter, local or axis here: expected one of " + kinds.keySet());
        }
        return new Name(word, kind);
    }

    /** {@code Math.max}, {@code Float.NaN} and such: a name of the text form itself that has a point. */
    private String qualified(String first) {
        for (String name : QUALIFIED) {
            int point = name.indexOf('.');
            if (name.substring(0, point).equals(first) && lexer.at(".", name.substring(point + 1))) {
                lexer.expect(".");
                lexer.word();
                return name;
            }
        }
        return first;
    }

    private TensorExpr apply(Op op, List<TensorExpr> operands) {
        try {
            Kind kind = op.kind(operands.stream().map(TensorExpr::kind).toList());
            return new Apply(op, kind, operands, Origin.NONE);
        } catch (IllegalArgumentException | IndexOutOfBoundsException | java.util.NoSuchElementException e) {
            throw lexer.error(
                    op.text() + " does not apply to " + operands.size() + " such operands: " + e.getMessage());
        }
    }
}
