package dev.woodpecker.tuner.measure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArrangementTest {
    /** Three channels in blocks of two: channel 2 lies in the second block, beside padding. */
    private final Arrangement blocked = Arrangement.of(
            DType.F32, List.of(1L, 3L, 2L, 2L), LayoutMap.rowMajor(4).blocked(1, 2));

    @Test
    void countsPadding() {
        assertThat(blocked.elements()).isEqualTo(12);
        assertThat(blocked.bytes()).isEqualTo(16 * 4);
    }

    @Test
    void findsAnElementOfABlock() {
        // (0, 2, 1, 0): block 1 of 2 * 2 * 2 elements, row 1 of 2 * 2, column 0, place 0.
        assertThat(blocked.offset(2 * 4 + 2)).isEqualTo(8 + 4);
        // (0, 1, 0, 1): block 0, row 0, column 1, place 1.
        assertThat(blocked.offset(4 + 1)).isEqualTo(2 + 1);
    }

    @Test
    void leavesPaddingZero() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(blocked.bytes(), 64);
            blocked.fill(memory, new InputRange(0, 3), 0);
            for (long offset = 9; offset < 16; offset += 2) {
                assertThat(blocked.real(memory, offset)).isZero();
            }
            assertThat(blocked.real(memory, blocked.offset(11))).isEqualTo(InputRange.real(0, DType.F32, 11));
        }
    }

    @Test
    void readsShortFloatsAndUnsignedIntegers() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(8, 64);
            memory.fill((byte) 0xff);
            assertThat(Arrangement.rowMajor(DType.BF16, List.of(4L)).real(memory, 1))
                    .isNaN();
            assertThat(Arrangement.rowMajor(DType.U8, List.of(4L)).integer(memory, 1))
                    .isEqualTo(255);
            assertThat(Arrangement.rowMajor(DType.I8, List.of(4L)).integer(memory, 1))
                    .isEqualTo(-1);
        }
    }
}
