package dev.woodpecker.runtime;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.MaskTensor;
import dev.woodpecker.dsl.Tensor;

/** Arrays seen as the tensors that kernel methods take. */
final class TensorViews {

    private TensorViews() {}

    record Floats(NdArray array, Index shape) implements Tensor {
        Floats(NdArray array) {
            this(array, Index.of(array.shape()));
        }

        @Override
        public float element(long position) {
            return (float) array.getDouble(position);
        }
    }

    record Ints(NdArray array, Index shape) implements IntTensor {
        Ints(NdArray array) {
            this(array, Index.of(array.shape()));
        }

        @Override
        public long element(long position) {
            return array.getLong(position);
        }
    }

    record Mask(NdArray array, Index shape) implements MaskTensor {
        Mask(NdArray array) {
            this(array, Index.of(array.shape()));
        }

        @Override
        public boolean element(long position) {
            return array.getDouble(position) != 0;
        }
    }
}
