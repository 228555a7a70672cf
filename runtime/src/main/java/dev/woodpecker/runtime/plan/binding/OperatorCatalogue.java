package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.onnx.Gaps;
import dev.woodpecker.runtime.onnx.host.HostOperators;
import dev.woodpecker.runtime.onnx.host.ViewOperators;
import dev.woodpecker.runtime.onnx.opset.OpsetRules;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema;
import dev.woodpecker.runtime.onnx.schema.OperatorSchemas;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Every operator of ONNX: how it is run, or why it is not. */
public final class OperatorCatalogue {
    /** Classes whose kernels only move elements, of whatever type. */
    private static final Set<String> MOVING = Set.of("Gathering", "Movement");

    private OperatorCatalogue() {}

    /**
     * An operator.
     *
     * @param opsets the first and the last opset that has it, of those that are read
     */
    public record Entry(String name, int firstOpset, int lastOpset, Support support) {}

    public sealed interface Support {
        /**
         * @param ways {@code kernel}, {@code view}, {@code host}, {@code expansion}, {@code import}; several where it depends
         * @param elements kinds of elements that its kernels take
         * @param variants of its kernels
         * @param limits in words, or empty
         */
        record Supported(List<String> ways, List<String> elements, List<String> variants, String limits)
                implements Support {}

        record Missing(Gaps.Reason reason) implements Support {}

        /** Neither run nor explained: a test refuses it. */
        record Unexplained() implements Support {}
    }

    /** All operators of ONNX's own domain, by name. */
    public static List<Entry> of(KernelLibrary library) {
        List<Entry> entries = new ArrayList<>();
        for (OperatorSchema schema : OperatorSchemas.all().values()) {
            int last = Math.min(schema.opsets().until() - 1, OperatorSchemas.NEWEST_OPSET);
            int first = Math.max(schema.opsets().from(), OperatorSchemas.OLDEST_OPSET);
            entries.add(new Entry(schema.name(), first, last, support(schema.name(), library)));
        }
        return entries;
    }

    private static Support support(String operator, KernelLibrary library) {
        List<CompiledKernel> kernels = library.kernels(operator);
        List<String> ways = new ArrayList<>();
        if (NodeExpansions.operators().contains(operator)) {
            ways.add("expansion");
        }
        if (!kernels.isEmpty()) {
            ways.add("kernel");
        }
        if (ViewOperators.isView(Operator.onnx(operator))) {
            ways.add("view");
        } else if (HostOperators.find(Operator.onnx(operator)).isPresent()) {
            ways.add("host");
        }
        if (ways.isEmpty() && (OpsetRules.operators().contains(operator) || operator.equals("Constant"))) {
            ways.add("import");
        }
        if (ways.isEmpty()) {
            Optional<Support> missing = Gaps.reason(Subject.OPERATOR, operator).map(Support.Missing::new);
            return missing.orElseGet(Support.Unexplained::new);
        }
        Set<String> elements = new TreeSet<>();
        Set<String> variants = new TreeSet<>();
        if (kernels.isEmpty() && (ways.contains("view") || ways.contains("host"))) {
            elements.add("any");
        }
        kernels.forEach(kernel -> {
            if (!kernel.spec().inputs().isEmpty()) {
                elements.add(elements(kernel.spec()));
            }
            if (!kernel.spec().variant().isEmpty()) {
                variants.add(kernel.spec().variant());
            }
        });
        return new Support.Supported(
                List.copyOf(ways), List.copyOf(elements), List.copyOf(variants), OperatorLimits.of(operator));
    }

    /** What a kernel's first input holds. */
    private static String elements(KernelSpec spec) {
        String type = spec.name().replaceAll(".*\\.(\\w+)\\.\\w+(\\(.*)?", "$1");
        if (MOVING.contains(type)) {
            return "any";
        }
        return switch (spec.inputs().getFirst().kind()) {
            case FLOAT, FLOAT_TENSOR, FLOAT_ARRAY, TENSOR_LIST, TENSORS -> "float";
            case INT, INT_TENSOR, INT_ARRAY, INDEX -> "integer";
            case BOOL, MASK_TENSOR -> "bool";
        };
    }
}
