package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import java.util.List;

/** An operator that runs as plain Java. */
@FunctionalInterface
public interface HostOperator {

    /**
     * All results, in ONNX's order, also those that the node does not name. A result may be a view of an input.
     *
     * @throws dev.woodpecker.runtime.OperatorException if the inputs do not fit
     */
    List<NdArray> run(HostCall call);
}
