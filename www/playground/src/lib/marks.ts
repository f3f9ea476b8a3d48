export { marked, type Piece } from '../../../shared/marks';
