// confetti
