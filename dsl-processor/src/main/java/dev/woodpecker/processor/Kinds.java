package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.Kind;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jdt.core.dom.ITypeBinding;

/** The kinds of Java types. */
final class Kinds {
    private static final Map<String, Kind> BY_NAME = Map.ofEntries(
            Map.entry("float", Kind.FLOAT),
            Map.entry("double", Kind.FLOAT),
            Map.entry("int", Kind.INT),
            Map.entry("long", Kind.INT),
            Map.entry("boolean", Kind.BOOL),
            Map.entry("int[]", Kind.INT_ARRAY),
            Map.entry("float[]", Kind.FLOAT_ARRAY),
            Map.entry("dev.woodpecker.dsl.Index", Kind.INDEX),
            Map.entry("dev.woodpecker.dsl.Tensor", Kind.FLOAT_TENSOR),
            Map.entry("dev.woodpecker.dsl.IntTensor", Kind.INT_TENSOR),
            Map.entry("dev.woodpecker.dsl.MaskTensor", Kind.MASK_TENSOR),
            Map.entry("dev.woodpecker.dsl.Tensor[]", Kind.TENSOR_LIST));

    private Kinds() {}

    /** The kind of a type that kernels may use, else empty. */
    static Optional<Kind> of(ITypeBinding type) {
        if (type.isRecord()) {
            return Optional.of(Kind.TENSORS);
        }
        return Optional.ofNullable(BY_NAME.get(type.getQualifiedName()));
    }

    /** Whether a type of this qualified name is one of the three tensor types. */
    static boolean isTensor(String typeName) {
        return Optional.ofNullable(BY_NAME.get(typeName)).filter(Kind::isTensor).isPresent();
    }
}
