package dev.woodpecker.runtime.graph;

/**
 * Which operator a node applies.
 *
 * @param domain empty for ONNX's own operators
 * @param name {@code Conv}
 */
public record Operator(String domain, String name) {

    /** The domain of operators that exist in graphs here and not in ONNX. */
    public static final String WOODPECKER = "dev.woodpecker";

    /** An operator of ONNX itself. */
    public static Operator onnx(String name) {
        return new Operator("", name);
    }

    public boolean isOnnx() {
        return domain.isEmpty();
    }

    /** Whether this is ONNX's operator of this name. */
    public boolean isOnnx(String onnxName) {
        return domain.isEmpty() && name.equals(onnxName);
    }

    /** {@code Conv}, or with a domain {@code com.acme::Gate}: as kernels name what they implement. */
    @Override
    public String toString() {
        return domain.isEmpty() ? name : domain + "::" + name;
    }
}
