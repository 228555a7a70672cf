package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Attribute;

/** Element types given as attributes. */
final class ElementTypeOf {

    private ElementTypeOf() {}

    static DType attribute(HostCall call, String name) {
        if (call.node().attributes().get(name) instanceof Attribute.ElementType(DType type)) {
            return type;
        }
        throw call.error("no element type '" + name + "'");
    }
}
