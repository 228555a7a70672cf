package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.processor.KernelReader.ReadKernel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Kernels of one class that nothing tells apart. */
final class DuplicateCheck {
    private final Findings findings;
    private final ParsedSource source;

    DuplicateCheck(Findings findings, ParsedSource source) {
        this.findings = findings;
        this.source = source;
    }

    /** What kernels of one operator are told apart by. */
    private record Identity(
            String type,
            String operator,
            String variant,
            List<Kind> parameters,
            Kind result,
            int outputs,
            List<String> requirements) {}

    void check(List<ReadKernel> kernels) {
        Map<Identity, KernelSpec> known = new HashMap<>();
        for (ReadKernel kernel : kernels) {
            KernelSpec spec = kernel.spec();
            Identity identity = new Identity(
                    kernel.type().getQualifiedName(),
                    spec.operator(),
                    spec.variant(),
                    spec.parameters().stream().map(Parameter::kind).toList(),
                    spec.body().kind(),
                    spec.outputs().size(),
                    spec.requirements().stream()
                            .map(requirement -> KernelText.print(spec, requirement))
                            .toList());
            KernelSpec other = known.putIfAbsent(identity, spec);
            if (other != null) {
                findings.add(
                        DiagnosticCode.DUPLICATE_KERNEL,
                        source.place(kernel.method().getName()),
                        spec.shortName() + " and " + other.shortName() + " are both operator \"" + spec.operator()
                                + "\", variant \"" + spec.variant() + "\", on the same types");
            }
        }
    }
}
