package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.processor.ParsedSource.Place;
import java.util.Map;

/** Checks a kernel that could be read for what no expression alone shows. */
final class Checker {
    private final KernelContext context;
    private final KernelSpec spec;
    private final Map<String, Place> parameterPlaces;
    private final Place kernelPlace;

    /** With the places of the parameters' names by name, and that of the kernel's name. */
    Checker(KernelContext context, KernelSpec spec, Map<String, Place> parameterPlaces, Place kernelPlace) {
        this.context = context;
        this.spec = spec;
        this.parameterPlaces = parameterPlaces;
        this.kernelPlace = kernelPlace;
    }

    void check() {
        Definitions definitions = new Definitions(spec);
        inputsAreUsed();
        new ExtentCheck(this, definitions).check();
        new RankCheck(this, definitions).check();
        new BoundsCheck(this, definitions).check();
    }

    KernelSpec spec() {
        return spec;
    }

    /** Reports at an expression; what came from a kernel's text has no place and is reported at the kernel. */
    void report(DiagnosticCode code, TensorExpr at, String detail) {
        context.report(code, context.placeOf(at).orElse(kernelPlace), detail);
    }

    /** An expression for messages. */
    String text(TensorExpr expression) {
        String text = KernelText.print(spec, expression);
        return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }

    private void inputsAreUsed() {
        var used = FreeNames.of(spec.body());
        spec.requirements().forEach(requirement -> used.addAll(FreeNames.of(requirement)));
        for (Parameter input : spec.inputs()) {
            if (!used.contains(input.name())) {
                context.report(
                        DiagnosticCode.UNUSED_INPUT,
                        parameterPlaces.getOrDefault(input.name(), kernelPlace),
                        "input " + input.name() + " has no part in the result");
            }
        }
    }
}
