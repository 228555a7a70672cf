package dev.woodpecker.runtime.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OutputArraysTest {
    private final OutputArrays arrays = new OutputArrays();

    private List<NdArray> allocate(int count, TensorType type) {
        List<NdArray> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            made.add(arrays.allocate(type));
        }
        return made;
    }

    private static Set<Object> scopes(List<NdArray> made) {
        Set<Object> scopes = new HashSet<>();
        made.forEach(array -> scopes.add(array.memory().scope()));
        return scopes;
    }

    @Test
    void smallArraysShareBlocksAndNoElement() {
        List<NdArray> made = allocate(128, TensorType.of(DType.F32, 1, 10));
        for (int i = 0; i < made.size(); i++) {
            for (int k = 0; k < 10; k++) {
                made.get(i).set(k, 100.0 * i + k);
            }
        }
        assertThat(made).allSatisfy(array -> {
            assertThat(array.isAligned()).isTrue();
            assertThat(array.memory().isAccessibleBy(new Thread(() -> {}))).isTrue();
            assertThat(array.shape()).containsExactly(1, 10);
        });
        assertThat(made.get(0).toFloatArray()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(made.get(127).getDouble(9)).isEqualTo(12709);
        // 64 bytes each.
        assertThat(scopes(made)).hasSize((int) (128 * NativeMemory.ALIGNMENT / OutputArrays.BLOCK_BYTES));
    }

    @Test
    void thoseThatDoNotFitBeginABlockAndLargeOnesHaveTheirOwn() {
        int most = (int) OutputArrays.SMALL_BYTES;
        assertThat(scopes(allocate(9, TensorType.of(DType.U8, most)))).hasSize(2);
        assertThat(scopes(allocate(3, TensorType.of(DType.U8, most + 1)))).hasSize(3);
        assertThat(scopes(allocate(2, TensorType.of(DType.I64, 1 << 10, 1 << 10, 4))))
                .hasSize(2);
    }

    @Test
    void anArrayWithoutElementsIsOne() {
        assertThat(arrays.allocate(TensorType.of(DType.F32, 0, 5)).elements()).isZero();
    }
}
