package dev.woodpecker.tuner.cost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.tuner.cost.Footprint.Stride;
import java.util.List;
import org.junit.jupiter.api.Test;

class FootprintTest {
    @Test
    void oneElementIsALine() {
        assertThat(Footprint.bytes(List.of(), 4)).isEqualTo(64);
        assertThat(Footprint.bytes(List.of(new Stride(0, 1000)), 4)).isEqualTo(64);
    }

    @Test
    void aRowIsItsBytes() {
        assertThat(Footprint.bytes(List.of(new Stride(1, 1024)), 4)).isEqualTo(4096);
        assertThat(Footprint.bytes(List.of(new Stride(16, 64), new Stride(1, 16)), 4))
                .isEqualTo(4096);
    }

    @Test
    void rowsThatLieApartAreEachTheirOwn() {
        assertThat(Footprint.bytes(List.of(new Stride(1000, 10), new Stride(1, 32)), 4))
                .isEqualTo(10 * 128);
    }

    @Test
    void aColumnTakesALineAnElement() {
        assertThat(Footprint.bytes(List.of(new Stride(512, 100)), 4)).isEqualTo(6400);
    }

    @Test
    void aWindowTouchesNoMoreThanItMovesOver() {
        // 56 pixels, 3 taps: 58 elements, not 168.
        assertThat(Footprint.bytes(List.of(new Stride(1, 56), new Stride(1, 3)), 4))
                .isEqualTo(58 * 4);
    }
}
