package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.TensorExpr.ArgReduce;
import dev.woodpecker.compiler.expr.TensorExpr.Build;
import dev.woodpecker.compiler.expr.TensorExpr.Domain;
import dev.woodpecker.compiler.expr.TensorExpr.MapIndex;
import dev.woodpecker.compiler.expr.TensorExpr.Reduce;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.ReduceOp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads what ranges over a domain: {@code sum(c < n, r < m) { ... }}, {@code tensor(i in shape) { ... }}. */
final class RangeParser {
    private final KernelLexer lexer;
    private final KernelParser expressions;

    /** What follows the domain. */
    private interface Maker {
        TensorExpr make(Domain domain, TensorExpr element);
    }

    private static final Map<String, Maker> MAKERS = makers();

    RangeParser(KernelLexer lexer, KernelParser expressions) {
        this.lexer = lexer;
        this.expressions = expressions;
    }

    private static Map<String, Maker> makers() {
        Map<String, Maker> makers = new HashMap<>();
        makers.put("tensor", (domain, element) -> new Build(Kind.FLOAT_TENSOR, domain, element, Origin.NONE));
        makers.put("intTensor", (domain, element) -> new Build(Kind.INT_TENSOR, domain, element, Origin.NONE));
        makers.put("maskTensor", (domain, element) -> new Build(Kind.MASK_TENSOR, domain, element, Origin.NONE));
        makers.put("argMax", (domain, element) -> new ArgReduce(true, domain, element, Origin.NONE));
        makers.put("argMin", (domain, element) -> new ArgReduce(false, domain, element, Origin.NONE));
        for (ReduceOp op : ReduceOp.values()) {
            makers.put(op.text(), (domain, element) -> new Reduce(op, domain, element, Origin.NONE));
        }
        makers.put("index", RangeParser::mapIndex);
        return Map.copyOf(makers);
    }

    private static TensorExpr mapIndex(Domain domain, TensorExpr value) {
        if (!(domain instanceof Domain.Extents(var names, var extents)) || names.size() != 1) {
            throw new IllegalArgumentException("index ranges over one axis: index(a < rank) { ... }");
        }
        return new MapIndex(extents.getFirst(), names.getFirst(), value);
    }

    boolean knows(String word) {
        return MAKERS.containsKey(word);
    }

    /** The rest after {@code word}. */
    TensorExpr range(String word) {
        Maker maker = Optional.ofNullable(MAKERS.get(word)).orElseThrow();
        lexer.expect("(");
        Domain domain = domain();
        Map<String, Kind> bound = new HashMap<>();
        switch (domain) {
            case Domain.Extents(var names, var _) -> names.forEach(name -> bound.put(name, Kind.INT));
            case Domain.Over(var name, var _) -> bound.put(name, Kind.INDEX);
        }
        lexer.expect("{");
        TensorExpr element = expressions.within(bound, expressions::statements);
        lexer.expect("}");
        try {
            return maker.make(domain, element);
        } catch (IllegalArgumentException e) {
            throw lexer.error(String.valueOf(e.getMessage()));
        }
    }

    private Domain domain() {
        List<String> names = new ArrayList<>();
        List<TensorExpr> extents = new ArrayList<>();
        while (!lexer.take(")")) {
            if (!names.isEmpty()) {
                lexer.expect(",");
            }
            String name = lexer.word();
            if (names.isEmpty() && lexer.take("in")) {
                TensorExpr shape = expressions.expression();
                lexer.expect(")");
                return new Domain.Over(name, shape);
            }
            lexer.expect("<");
            names.add(name);
            extents.add(expressions.expression());
        }
        return new Domain.Extents(names, extents);
    }
}
