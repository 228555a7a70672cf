package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.Optional;

/** What is known of the values that a node reads. */
public interface Values {
    /** The type of a value, its extents known; empty where it could not be found out. */
    Optional<TensorType> type(String value);

    /** The elements of a constant. */
    Optional<NdArray> constant(String value);
}
