package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.processor.ParsedSource.Place;
import java.util.Map;
import org.eclipse.jdt.core.dom.MethodDeclaration;

/** Checks a kernel that could be read: what each expression alone does not show. */
final class Checker {
    private final KernelContext context;
    private final ParsedSource source;
    private final KernelSpec spec;
    private final MethodDeclaration method;

    Checker(KernelContext context, ParsedSource source, KernelSpec spec, MethodDeclaration method) {
        this.context = context;
        this.source = source;
        this.spec = spec;
        this.method = method;
    }

    void check(Map<String, Place> parameters) {}
}
