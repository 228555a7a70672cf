package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.ir.Table;
import dev.woodpecker.processor.ParsedSource.Place;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What is known while one kernel is read, shared by the readers of its body and of all that is inlined into it. */
final class KernelContext {
    /** A local that is bound around the expression being read. */
    record Local(String name, TensorExpr value) {}

    private final Findings findings;
    private final int reportsBefore;
    private final KernelSources sources;
    private final NameSupply names = new NameSupply();
    private final Map<String, Table> tables = new HashMap<>();
    private final Map<TensorExpr, Place> places = new IdentityHashMap<>();
    private final Deque<String> calls = new ArrayDeque<>();
    private final List<Local> locals = new ArrayList<>();
    private final List<TensorExpr> requirements = new ArrayList<>();
    private final Set<String> parameters = new HashSet<>();

    KernelContext(Findings findings, KernelSources sources) {
        this.findings = findings;
        this.reportsBefore = findings.reports();
        this.sources = sources;
    }

    KernelSources sources() {
        return sources;
    }

    NameSupply names() {
        return names;
    }

    /** Constant arrays by their field, so that one field is one table. */
    Map<String, Table> tables() {
        return tables;
    }

    /** The methods that are being inlined, the innermost last. */
    Deque<String> calls() {
        return calls;
    }

    /** The locals in sight, the outermost first. */
    List<Local> locals() {
        return locals;
    }

    List<TensorExpr> requirements() {
        return requirements;
    }

    /** The names of the kernel's parameters. */
    Set<String> parameters() {
        return parameters;
    }

    /** Whether nothing was found wrong with this kernel so far. */
    boolean isSound() {
        return findings.reports() == reportsBefore;
    }

    void report(DiagnosticCode code, Place place, String detail) {
        findings.add(code, place, detail);
    }

    /** Notes where an expression was written, for checks of the finished kernel. */
    <E extends TensorExpr> E placed(E expression, Place place) {
        places.put(expression, place);
        return expression;
    }

    Optional<Place> placeOf(TensorExpr expression) {
        return Optional.ofNullable(places.get(expression));
    }

    /** Stands for what could not be read; the kernel is given up once its other errors are found. */
    static TensorExpr unreadable(Kind kind) {
        return new Name("?", kind);
    }

    /** {@code locals} around {@code body}, the first outermost. */
    static TensorExpr let(List<Local> locals, TensorExpr body) {
        TensorExpr result = body;
        for (Local local : locals.reversed()) {
            result = new Let(local.name(), local.value(), result);
        }
        return result;
    }
}
