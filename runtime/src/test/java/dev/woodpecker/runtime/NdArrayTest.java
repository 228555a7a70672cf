package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NdArrayTest {

    @Test
    void whatIsAllocatedHereIsZeroOffHeapAndAligned() {
        NdArray array = NdArray.allocate(DType.F32, 3, 5);
        assertThat(array.isAligned()).isTrue();
        assertThat(array.memory().byteSize()).isEqualTo(60);
        assertThat(array.toFloatArray()).containsOnly(0);
    }

    @Test
    void memoryOfTheCallerIsSeenAndNotCopied() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(ValueLayout.JAVA_FLOAT, 4);
            NdArray array = NdArray.wrap(memory, DType.F32, 2, 2);
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, 3, 7);
            assertThat(array.getDouble(3)).isEqualTo(7);
            array.set(0, 2.5);
            assertThat(memory.getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(2.5f);
        }
    }

    @Test
    void heapMemoryIsCopiedForKernelsAndAlignedMemoryIsNot() {
        NdArray heap = NdArray.wrap(MemorySegment.ofArray(new float[] {1, 2}), DType.F32, 2);
        assertThat(heap.isAligned()).isFalse();
        NdArray aligned = heap.aligned();
        assertThat(aligned).isEqualTo(heap).isNotSameAs(heap);
        assertThat(aligned.aligned()).isSameAs(aligned);
    }

    @Test
    void theSizeOfTheMemoryHasToBeThatOfTheElements() {
        MemorySegment memory = MemorySegment.ofArray(new float[5]);
        assertThatThrownBy(() -> NdArray.wrap(memory, DType.F32, 2, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a tensor f32[2, 2] takes 16 bytes, and the memory given has 20");
        assertThatThrownBy(() -> NdArray.of(new int[] {1, 2, 3}, 2))
                .hasMessage("shape [2] has 2 elements, and 3 are given");
        assertThatThrownBy(() -> NdArray.allocate(DType.F32, 2, -1)).hasMessageContaining("negative extent");
    }

    @Test
    void anAbsurdSizeIsRefusedBeforeItIsAllocated() {
        assertThatThrownBy(() -> NdArray.allocate(DType.F32, 1 << 20, 1 << 20))
                .isInstanceOf(MemoryLimitException.class)
                .hasMessageContaining("f32[1048576, 1048576] takes 4.0 TiB");
        assertThatThrownBy(() -> NdArray.allocate(DType.F64, 1 << 30, 1 << 30, 1 << 30))
                .isInstanceOf(MemoryLimitException.class);
        assertThat(NdArray.allocate(DType.F64, 1 << 30, 1 << 30, 0).elements()).isZero();
    }

    @Test
    void aViewHasTheSameMemoryInAnotherShape() {
        NdArray array = NdArray.of(new long[] {1, 2, 3, 4, 5, 6}, 2, 3);
        NdArray view = array.reshape(3, 2);
        array.set(5, 60L);
        assertThat(view.getLong(5)).isEqualTo(60);
        assertThatThrownBy(() -> array.reshape(4)).hasMessageContaining("6 elements are not 4");
    }

    @Test
    void equalityIsBitByBit() {
        assertThat(NdArray.of(new float[] {Float.NaN, 0}, 2))
                .isEqualTo(NdArray.of(new float[] {Float.NaN, 0}, 2))
                .isNotEqualTo(NdArray.of(new float[] {Float.NaN, -0f}, 2))
                .isNotEqualTo(NdArray.of(new float[] {Float.NaN, 0}, 1, 2));
        assertThat(NdArray.of(new int[] {1}, 1)).isNotEqualTo(NdArray.of(new float[] {1}, 1));
    }

    @ParameterizedTest
    @CsvSource({
        "F32, I32, -1.9, -1",
        "F32, U8, 300, 44",
        "F32, BOOL, 0.1, 1",
        "I64, I8, 200, -56",
        "U8, F32, 255, 255",
        "I32, BOOL, -3, 1",
        "BOOL, F64, 1, 1",
        "F64, BF16, 1.00390625, 1",
        "F64, BF16, 1.01171875, 1.015625",
        "F64, F16, 65519.9, 65504",
        "F64, F16, 65520, Infinity",
        "F32, I64, 3.7, 3",
        "I64, F32, 16777217, 16777216"
    })
    void conversionsAreThoseOfOnnx(DType from, DType to, double value, double expected) {
        NdArray array = NdArray.allocate(from, 1);
        array.set(0, value);
        assertThat(array.convert(to).getDouble(0)).isEqualTo(expected);
    }

    @Test
    void unsignedLongsConvertAsUnsigned() {
        NdArray array = NdArray.of(new long[] {-1, Long.MIN_VALUE}, 2).reinterpret(DType.U64);
        assertThat(array.toDoubleArray()).containsExactly(0x1p64, 0x1p63);
        NdArray back = NdArray.of(new double[] {0x1p63, 3}, 2).convert(DType.U64);
        assertThat(back.toLongArray()).containsExactly(Long.MIN_VALUE, 3);
    }

    @Test
    void roundingADoubleToAShortFloatRoundsOnce() {
        // Just above the middle between 1 and the next fp16; by way of fp32 it would be the middle, and go to even.
        NdArray array = NdArray.of(new double[] {1 + 0x1p-11 + 0x1p-40}, 1);
        assertThat(array.convert(DType.F16).getDouble(0)).isEqualTo(1 + 0x1p-10);
        array.set(0, 1 + 0x1p-8 + 0x1p-40);
        assertThat(array.convert(DType.BF16).getDouble(0)).isEqualTo(1 + 0x1p-7);
    }

    @Test
    void kernelsReadArraysAsTensors() {
        NdArray array = NdArray.of(new int[] {1, 2, 3, 4, 5, 6}, 2, 3);
        Tensor floats = array.floats();
        IntTensor ints = array.ints();
        assertThat(floats.at(1, 2)).isEqualTo(6f);
        assertThat(floats.atOr(-1, 2, 0)).isEqualTo(-1f);
        assertThat(ints.at(0, 1)).isEqualTo(2);
        assertThat(array.mask().at(0, 0)).isTrue();
        assertThat(floats.shape()).hasToString(ints.shape().toString());
    }

    @Test
    void textShowsTypeShapeAndElements() {
        assertThat(NdArray.of(new long[] {1, 2, 3, 4, 5, 6}, 2, 3)).hasToString("i64[2, 3] [[1, 2, 3], [4, 5, 6]]");
        assertThat(NdArray.scalar(0.5f)).hasToString("f32[] 0.5");
        assertThat(NdArray.allocate(DType.BOOL, 0)).hasToString("bool[0] []");
        assertThat(NdArray.allocate(DType.U8, 1000)).hasToString("u8[1000] [0, 0, 0, ..., 0, 0, 0]");
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "TF32")
    void everyTypeKeepsSmallIntegers(DType type) {
        NdArray array = NdArray.allocate(type, 2);
        array.set(1, 1L);
        assertThat(array.getLong(1)).isEqualTo(1);
        assertThat(array.getDouble(1)).isEqualTo(1);
        assertThat(array.getLong(0)).isZero();
        for (DType other : EnumSet.complementOf(EnumSet.of(DType.TF32))) {
            assertThat(array.convert(other).convert(type)).isEqualTo(array);
        }
    }

    @Test
    void tf32IsNoTypeOfMemory() {
        assertThatThrownBy(() -> NdArray.allocate(DType.TF32, 1)).hasMessageContaining("registers only");
    }
}
