package dev.woodpecker.dsl;

/** Tensors one after another along an axis. */
final class Concatenation {

    private Concatenation() {}

    static Tensor of(int axis, Tensor[] inputs) {
        Tensor[] parts = inputs.clone();
        Index shape = shape(axis, parts);
        return new StageTensor(
                shape,
                () -> FloatLoops.fill(shape, i -> {
                    int part = 0;
                    int offset = i.get(axis);
                    while (offset >= parts[part].size(axis)) {
                        offset -= parts[part++].size(axis);
                    }
                    return parts[part].at(i.with(axis, offset));
                }));
    }

    private static Index shape(int axis, Tensor[] parts) {
        if (parts.length == 0) {
            throw new IllegalArgumentException("concat of no tensors: there must be at least one");
        }
        Index first = parts[0].shape();
        int extent = 0;
        for (int part = 0; part < parts.length; part++) {
            Index shape = parts[part].shape();
            if (shape.rank() != first.rank() || !shape.drop(axis).equals(first.drop(axis))) {
                throw new IllegalArgumentException("concat along axis " + axis + ": input 0 has shape " + first
                        + " and input " + part + " has shape " + shape + "; they must be equal but for that axis");
            }
            extent += shape.get(axis);
        }
        return first.with(axis, extent);
    }
}
